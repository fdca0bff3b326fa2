/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules of a packet filter that name an interface, in what iptables-save(8) and nft(8) print. */
#include "support.h"

#include "base/arena.h"
#include "probe/filter.h"

static struct vl_filter_rules rules_of(struct vl_arena *arena, enum vl_filter filter, const char *text)
{
    struct vl_filter_rules rules;

    vl_filter_read(arena, filter, text, "eth0", "br0", &rules);
    return rules;
}

static void test_iptables(void **unused)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_filter_rules rules = rules_of(
        &arena, VL_FILTER_IPTABLES,
        "*filter\n:INPUT DROP [0:0]\n-A INPUT -i lo -j ACCEPT\n-A INPUT -i eth01 -j ACCEPT\n"
        "-A INPUT -p tcp -m comment --comment \"no -i eth0 here\" -j ACCEPT\n-A INPUT -i eth0 -p tcp -j ACCEPT\n"
        "-A INPUT ! -i eth0 -j LOG\n-A FORWARD -i tap+ -o eth+ -j ACCEPT\n-A OUTPUT -o eth0 -j ACCEPT\n"
        "-A OUTPUT -o br0 -j ACCEPT\nCOMMIT\n");

    (void)unused;
    assert_int_equal(rules.count, 3); /* that of OUTPUT is there for br0 as well */
    assert_string_equal(rules.first, "-A INPUT -i eth0 -p tcp -j ACCEPT");
    assert_int_equal(rules_of(&arena, VL_FILTER_IPTABLES, "").count, 0);
    assert_int_equal(rules_of(&arena, VL_FILTER_IPTABLES, "-A INPUT -i").count, 0);
}

static void test_nftables(void **unused)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct vl_filter_rules rules = rules_of(
        &arena, VL_FILTER_NFTABLES,
        "# Warning: table ip filter is managed by iptables-nft, do not touch!\ntable ip filter {\n"
        "\tchain INPUT {\n\t\tiifname \"eth0\" counter packets 0 bytes 0 accept\n\t}\n}\n"
        "table inet own {\n\tset inside {\n\t\ttype ifname\n\t\telements = { \"eth0\", \"eth1\" }\n\t}\n"
        "\tchain input {\n\t\ttype filter hook input priority filter; policy drop;\n"
        "\t\tiifname \"lo\" accept comment \"not eth0\"\n\t\tiifname { \"eth0\", \"eth1\" } tcp dport 22 accept\n"
        "\t\tiifname \"eth*\" accept\n\t\toif \"eth0\" accept\n\t\toif \"br0\" accept\n"
        "\t\tlog prefix \"eth0\" drop\n\t}\n}\n");

    (void)unused;
    assert_int_equal(rules.count, 3); /* that with oif is there for br0 as well */
    assert_string_equal(rules.first, "elements = { \"eth0\", \"eth1\" }");
    assert_int_equal(rules_of(&arena, VL_FILTER_NFTABLES, "iifname \"eth0").count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_iptables),
        cmocka_unit_test(test_nftables),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
