/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/policy.h"

#include <string.h>

#include "base/text.h"

int vl_policy_look(struct vl_net *net, struct vl_arena *arena, const struct vl_net_link *link,
                   struct vl_policy *ret_policy, struct vl_error *err)
{
    struct vl_net_messages *rules = &ret_policy->rules;
    size_t kept = 0;

    *ret_policy = (struct vl_policy){ .rules = { .count = 0 } };
    if (!link->exists)
        return 0;
    if (vl_net_neighbours(net, arena, link->index, &ret_policy->neighbours, err) < 0 ||
        vl_net_rules(net, arena, rules, err) < 0)
        return -1;
    for (size_t i = 0; i < rules->count; i++)
        if (vl_net_rule_names(&rules->list[i], link->name))
            rules->list[kept++] = rules->list[i];
    rules->count = kept;
    return 0;
}

void vl_policy_move(struct vl_arena *arena, const struct vl_policy *policy, const char *from, const char *to,
                    int to_index, struct vl_net_batch *batch, struct vl_buf *text)
{
    for (size_t i = 0; i < policy->neighbours.count; i++) {
        const struct vl_net_message *neighbour = &policy->neighbours.list[i];

        const char *what = vl_net_neighbour_text(arena, neighbour);

        if (text)
            vl_buf_printf(text, "ip neighbour replace %s%s dev %s\n", what,
                          vl_text_starts(what, "proxy ") ? "" : " nud permanent", to);
        vl_net_put_neighbour(batch, neighbour, to_index);
        vl_net_delete_neighbour(batch, neighbour);
    }
    for (size_t i = 0; i < policy->rules.count; i++) {
        const struct vl_net_message *rule = &policy->rules.list[i];
        const char *says = vl_net_rule_text(arena, rule, from, to);

        if (text)
            vl_buf_printf(text, "ip -family %.*s rule add%s\n", (int)strcspn(says, " "), says,
                          says + strcspn(says, " "));
        vl_net_put_rule(batch, rule, from, to);
        vl_net_delete_rule(batch, rule);
    }
}

static bool has(struct vl_arena *arena, const struct vl_net_messages *messages, const char *text, bool rules)
{
    for (size_t i = 0; i < messages->count; i++)
        if (!strcmp(rules ? vl_net_rule_text(arena, &messages->list[i], "", "")
                          : vl_net_neighbour_text(arena, &messages->list[i]),
                    text))
            return true;
    return false;
}

void vl_policy_restore(struct vl_arena *arena, const struct vl_policy *was, const struct vl_policy *now, int index,
                       struct vl_net_batch *batch)
{
    for (size_t i = 0; i < now->neighbours.count; i++)
        if (!has(arena, &was->neighbours, vl_net_neighbour_text(arena, &now->neighbours.list[i]), false))
            vl_net_delete_neighbour(batch, &now->neighbours.list[i]);
    for (size_t i = 0; i < now->rules.count; i++)
        if (!has(arena, &was->rules, vl_net_rule_text(arena, &now->rules.list[i], "", ""), true))
            vl_net_delete_rule(batch, &now->rules.list[i]);
    for (size_t i = 0; i < was->neighbours.count; i++)
        vl_net_put_neighbour(batch, &was->neighbours.list[i], index);
    for (size_t i = 0; i < was->rules.count; i++)
        if (!has(arena, &now->rules, vl_net_rule_text(arena, &was->rules.list[i], "", ""), true))
            vl_net_put_rule(batch, &was->rules.list[i], "", "");
}
