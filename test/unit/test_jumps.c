/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One table of applications, one parser of their arguments. What it finds in arguments of every kind; and over all the
 * plans that are in the tree, those of the linter, of the fuzz targets and of the renderer: each jump that `show`
 * follows or draws is one that lint has found, and where lint has found one, `show` does. Arguments are files to look
 * at instead.
 */
#include "support.h"

#include <glob.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "lint/part.h"
#include "trace/run.h"

static unsigned compared;

static const char *const kinds[] = { [VL_JUMP_GOTO] = "goto", [VL_JUMP_GOSUB] = "gosub", [VL_JUMP_MACRO] = "macro" };

/* `goto a,s,1`, with `.` for what is not written, `?` for what is dialled, the values behind; ` else` of a second way,
 * ` other` when it is another call that goes there; several are apart by `; `. */
static const char *jumps_of(struct vl_arena *arena, const char *name, const char *arguments)
{
    VL_BUF_AUTO out = VL_BUF_INIT;
    size_t count;
    const struct vl_jump *jumps = vl_jump_list(arena, vl_application(name), arguments, &count);

    for (size_t i = 0; i < count; i++) {
        const struct vl_jump_place *place = &jumps[i].place;

        vl_buf_printf(&out, "%s%s %s,%s,%s", i ? "; " : "", kinds[jumps[i].kind], place->context ? place->context : ".",
                      place->dialled     ? "?"
                      : place->extension ? place->extension
                                         : ".",
                      place->priority);
        for (size_t j = 0; j < place->value_count; j++)
            vl_buf_printf(&out, "%s%s", j ? "|" : " ", place->values[j]);
        vl_buf_printf(&out, "%s%s", jumps[i].way ? " else" : "", jumps[i].own ? "" : " other");
    }
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

/* As Asterisk 16 was seen to go, where it is the call itself that goes. */
static const struct {
    const char *application, *arguments, *jumps;
} known[] = {
    { "Goto", "a,s,1", "goto a,s,1" },
    { "goto", "s,lab", "goto .,s,lab" },
    { "Goto", "lab", "goto .,.,lab" },
    { "Goto", "", "goto .,.," },
    { "Goto", "a, s,1", "goto a, s,1" },
    { "Goto", ",s,1", "goto .,s,1" },
    { "Goto", "a,, 1 ", "goto a,., 1 " },
    { "Goto", ",s,lab", "goto ,s,lab" },
    { "Goto", "a,s,1,(x)", "goto a,s,1" },
    { "Goto", "a,s,1(x)", "goto a,s,1(x)" },
    { "Goto", "a,60,(b,50,1)", "goto a,60,(b" },
    { "Goto", "${F(a,b)},s,1", "goto ${F(a,b)},s,1" },
    { "Gosub", "a,s,1(x, y)", "gosub a,s,1 x| y" },
    { "Gosub", "a,s,1 (\"x,y\",(p,q))", "gosub a,s,1  \"x,y\"|(p,q)" },
    { "Gosub", "a,s,1,(x)", "gosub a,s,1 x" },
    { "GotoIf", "$[\"a:b?c\" = \"${X}\"]?a,s,1:b,s,1", "goto a,s,1; goto b,s,1 else" },
    { "GotoIf", "\"a?b\"?a,s,1", "goto b\"?a,s,1" },
    { "GotoIf", "1? lab :x", "goto .,., lab ; goto .,.,x else" },
    { "GotoIf", "1?:x", "goto .,.,x else" },
    { "GotoIf", "1?", "" },
    { "GotoIf", "lab", "" },
    { "GosubIf", "\"a?b\"?a,s,1(x:y):b,s,1(z)", "gosub a,s,1 x:y; gosub b,s,1 z else" },
    { "GotoIfTime", "9:00-17:00,mon-fri,*,*?a,s,1:b,s,1", "goto a,s,1; goto b,s,1 else" },
    { "Macro", "m,a,(b,c)", "macro macro-m,s,1 a|(b|c)" },
    { "Macro", "", "" },
    { "MacroExclusive", "m", "macro macro-m,s,1" },
    { "MacroIf", "1?m,a: n", "macro macro-m,s,1 a; macro macro- n,s,1 else" },
    { "Dial", "SIP/1,20,U(sub^a^b)", "gosub sub,s,1 a|b other" },
    { "Dial", "SIP/1,20,tM(m^x)T", "macro macro-m,s,1 x other" },
    { "Dial", "SIP/1,20,b(s^1)B(c^s^1(x^(y^z)))", "gosub .,s,1 other; gosub c,s,1 x|(y,z)" },
    { "Dial", "SIP/1,20,G(a^s^1)F(b^s^2)", "goto b,s,2 other; goto a,s,1 other" },
    { "Dial", "SIP/1,20,F", "" },
    { "Dial", "SIP/1,20,L(1:2:3)G(a^s^1)G(b^s^1)", "goto b,s,1 other" },
    { "Dial", "${X},20,A(G(a^s^1))", "" },
    { "RetryDial", "beep,1,2,SIP/1,20,G(a^s^1)", "goto a,s,1 other" },
    { "Queue", "q,t,,,30,,m,sub", "macro macro-m,s,1 other; gosub sub,s,1 other" },
    { "FollowMe", "x,B(a^s^1)", "gosub a,s,1" },
    { "Page", "SIP/1&SIP/2,b(a^s^1),10", "gosub a,s,1 other" },
    { "Originate", "SIP/1,exten,a,s,1,30", "goto a,s,1 other" },
    { "Originate", "SIP/1,Exten,a", "goto a,s,1 other" },
    { "Originate", "SIP/1,app,Playback,beep", "" },
    { "ChannelRedirect", "${X},a,s,1", "goto a,s,1 other" },
    { "BackGround", "beep,,,a", "goto a,?,1 other" },
    { "BackGround", "beep", "" },
    { "Bridge", "${X},F(a^s^1)", "goto a,s,1 other" },
    { "Directory", "default,a,f", "goto a,?,1 other" },
    { "DISA", "no-password,a", "goto a,?,1 other" },
    { "VoiceMail", "1@default,ud(a)", "goto a,?,1 other" },
};

static void arguments_name_places(void **state)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(known); i++) {
        const char *got = jumps_of(&arena, known[i].application, known[i].arguments);
        if (strcmp(got, known[i].jumps) != 0)
            fail_msg("%s(%s): '%s', not '%s'", known[i].application, known[i].arguments, got, known[i].jumps);
    }
}

/* No row that names a place is without a case above, and no name has two rows. */
static void every_row_is_tried(void **state)
{
    (void)state;
    for (size_t i = 0; i < vl_application_count; i++) {
        const struct vl_application *row = &vl_applications[i];
        bool tried = !row->slot_count && !vl_application_jumps(row);

        for (size_t j = 0; j < VL_COUNT(known) && !tried; j++)
            tried = !strcmp(known[j].application, row->name) && *known[j].jumps;
        if (!tried)
            fail_msg("no case of %s", row->name);
        assert_ptr_equal(vl_application(row->name), row);
        assert_true(!i || strcasecmp(vl_applications[i - 1].name, row->name) < 0);
    }
    assert_string_equal(vl_application("NoSuchThing")->name, "");
}

static void calls_are_found_in_calls(void **state)
{
    static const struct {
        const char *application, *arguments, *calls[2];
    } cases[] = {
        { "Exec", "Goto(a,s,1)", { "Goto(a,s,1)" } },
        { "TryExec", "Hangup", { "Hangup()" } },
        { "ExecIf", "$[\"${X}\" = \"?\"]?Goto(a,s,1):Macro(m)", { "Goto(a,s,1)", "Macro(m)" } },
        { "ExecIf", "1?Set(A=x:y)", { "Set(A=x:y)" } },
        { "ExecIf", "1,Goto,a?b", { NULL } },
        { "ExecIf", "1? Goto(a)", { " Goto(a)" } },
        { "ExecIfTime", "9:00-17:00,*,*,*?Gosub(a,s,1)", { "Gosub(a,s,1)" } },
        { "Goto", "Exec(x)", { NULL } },
    };
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(cases); i++) {
        struct vl_jump_call calls[VL_JUMP_CALLS_MOST];
        size_t count = vl_jump_calls(&arena, vl_application(cases[i].application), cases[i].arguments, calls);

        for (size_t j = 0; j < 2; j++)
            if (cases[i].calls[j] && j < count)
                assert_string_equal(vl_arena_printf(&arena, "%s(%s)", calls[j].name, calls[j].arguments),
                                    cases[i].calls[j]);
        assert_int_equal(count, !!cases[i].calls[0] + !!cases[i].calls[1]);
    }
}

/* A number that a name matches. */
static const char *number_of(struct vl_arena *arena, const struct vl_extension *extension)
{
    const char *p = extension->name + (extension->name[0] == '_');
    VL_BUF_AUTO out = VL_BUF_INIT;

    if (p == extension->name)
        return extension->pattern;
    for (; *p; p++) {
        if (*p == '[' && strchr(p, ']')) {
            vl_buf_putc(&out, p[1]);
            p = strchr(p, ']');
        } else if (*p == '.') {
            vl_buf_puts(&out, "55");
        } else if (*p != '!') {
            vl_buf_putc(&out, strchr("XxZzNn", *p) ? '5' : *p);
        }
    }
    return vl_arena_strdup(arena, vl_buf_text(&out));
}

static bool same_priority(struct vl_lint *lint, const struct vl_lint_place *place, const struct vl_trace_place *at)
{
    const struct vl_context *context = vl_dialplan_context(lint->plan, at->context);
    const struct vl_extension *extension;
    const struct vl_priority *step;
    bool relative = false, elsewhere;
    long number;

    if (!place->priority)
        return true;
    if (vl_jump_number(place->priority, &relative, &number))
        return at->priority == number + (relative ? place->call->step->number : 0) || (number < 0 && !at->priority);
    extension = context ? vl_lint_find(lint, context, at->number, place->priority, &elsewhere) : NULL;
    step = extension ? vl_extension_label(extension, place->priority) : NULL;
    return step && step->number == at->priority;
}

/* Whether lint means this place; what is not written is where the call is, which lint does not know. */
static bool is_there(struct vl_lint *lint, const struct vl_lint_place *place, const struct vl_trace_place *at)
{
    return place->way->own && (!place->context || !place->way->place.context || !strcmp(place->context, at->context)) &&
           (!place->extension || !strcmp(place->extension, at->number)) && same_priority(lint, place, at);
}

static bool is_found(struct vl_lint *lint, const struct vl_priority *step, const struct vl_trace_place *at)
{
    for (size_t i = 0; i < lint->place_count; i++)
        if (lint->places[i].call->step == step && is_there(lint, &lint->places[i], at))
            return true;
    return false;
}

/* ${X} may be anything, and so may what lint knows nothing of. */
static bool leads_nowhere(struct vl_lint *lint, const struct vl_lint_place *place, const char *number)
{
    const struct vl_context *context = place->context ? vl_dialplan_context(lint->plan, place->context) : NULL;
    bool elsewhere;

    if (!place->context || !place->priority || (!place->extension && !place->same_extension))
        return true;
    return !context ||
           !vl_lint_find(lint, context, place->extension ? place->extension : number, place->priority, &elsewhere);
}

/* The arguments with a condition that holds, or does not. */
static const char *decided(struct vl_lint *lint, const struct vl_lint_call *call, bool holds)
{
    const char *arguments = vl_lint_filled(lint, call->extension, call->arguments);
    struct vl_ways ways = vl_jump_ways(lint->arena, call->row, arguments);
    const char *condition = call->row->when == VL_WHEN_TIME ? holds ? "*" : "*,*,*,jan" : holds ? "1" : "0";

    return call->row->when == VL_WHEN_ALWAYS || !ways.count || !ways.condition.marked
               ? arguments
               : vl_arena_printf(lint->arena, "%s%s", condition, arguments + strlen(ways.condition.text));
}

/* What Exec and its like call; NULL: they do not, or it hangs on a condition of its own. */
static const struct vl_lint_call *called_by(struct vl_lint *lint, const struct vl_lint_call *call, bool holds)
{
    struct vl_ways ways = vl_jump_ways(lint->arena, call->row, call->arguments);
    const char *text = ways.text[call->row->when == VL_WHEN_ALWAYS || holds ? 0 : 1];
    const struct vl_lint_call *end = lint->calls + lint->call_count, *inner = call + 1;

    if (!vl_application_calls(call->row) || !ways.count)
        return NULL;
    for (; inner < end && inner->step == call->step && inner->nested > call->nested; inner++)
        if (inner->nested == call->nested + 1 && inner->row->when == VL_WHEN_ALWAYS &&
            !strcmp(inner->arguments, vl_jump_call_read(lint->arena, text).arguments))
            return inner;
    return NULL;
}

/* Run the call alone, and compare where that leads with what lint has found. */
static void compare_call(struct vl_lint *lint, const struct vl_lint_call *call, bool holds)
{
    static const struct vl_moment june = { 6, 15, 2, 12, 0, 0, NULL };
    const char *number = number_of(lint->arena, call->extension), *note = NULL;
    struct vl_show_step step = { .arguments = "", .filled = "" };
    struct vl_show show = { .query = { .number = number,
                                       .context = call->extension->context->name,
                                       .callerid = call->extension->callerid,
                                       .moment = call->row->when == VL_WHEN_TIME ? &june : NULL },
                            .steps = &step,
                            .step_count = 1 };
    static const struct vl_show_facts facts = { .database = NULL };
    struct vl_runner runner = { .plan = lint->plan,
                                .facts = &facts,
                                .arena = lint->arena,
                                .scratch = lint->arena,
                                .show = &show,
                                .at = { show.query.context, number, call->step->number } };
    enum vl_course course = vl_trace_call(&runner, call->application, decided(lint, call, holds), &note);
    bool followed =
        course == VL_COURSE_JUMPED &&
        !vl_application_leaves(&(struct vl_application){ .effect = call->row->effect, .when = VL_WHEN_CONDITION });
    const struct vl_trace_place *at = &runner.at;
    const struct vl_lint_call *inner = called_by(lint, call, holds);

    if (call->row->effect == VL_EFFECT_WAIT_EXTEN || (inner ? inner : call)->row->effect == VL_EFFECT_LOOP)
        return; /* no argument says where to */
    if (followed && !is_found(lint, call->step, at))
        fail_msg("%s:%d: %s goes to %s,%s,%d, which lint has not found", call->step->at.file, call->step->at.line,
                 call->application, at->context, at->number, at->priority);
    holds |= inner != NULL;
    call = inner ? inner : call;
    for (size_t i = 0; i < call->place_count; i++) {
        const struct vl_lint_place *place = &lint->places[call->place + i];

        if (!place->way->own || (place->way->way == 0) != holds)
            continue;
        compared++;
        if (followed ? !is_there(lint, place, at) : !leads_nowhere(lint, place, number))
            fail_msg("%s:%d: lint finds %s,%s,%s, to which %s does not go: %s", call->step->at.file,
                     call->step->at.line, place->context, place->extension, place->priority, call->application,
                     note ? note : "");
    }
}

/* Where the note of a step says that the call went. False: nowhere. */
static bool went_to(struct vl_arena *arena, const char *note, struct vl_trace_place *ret_at)
{
    const char *to = note && !strncmp(note, "to ", 3) ? note : NULL;
    char *number, *priority, *context;

    for (const char *p = note; p && (p = strstr(p, ": to ")); p += 5)
        to = p + 2;
    if (!to || strstr(note, "nobody dials"))
        return false;
    context = vl_arena_strdup(arena, to + 3);
    if (strstr(context, ", as nobody"))
        *strstr(context, ", as nobody") = '\0';
    priority = strrchr(context, ',');
    *priority++ = '\0';
    number = strrchr(context, ',');
    *number++ = '\0';
    *ret_at = (struct vl_trace_place){ context, number, atoi(priority) };
    return true;
}

/* While and its kin: no argument says where to. */
static bool loops(const struct vl_lint *lint, const struct vl_priority *step)
{
    for (size_t i = 0; i < lint->call_count; i++)
        if (lint->calls[i].step == step && lint->calls[i].row->effect == VL_EFFECT_LOOP)
            return true;
    return false;
}

/* Every jump on the way of a number. */
static void compare_way(struct vl_lint *lint, const struct vl_extension *extension)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_query query = { .number = number_of(lint->arena, extension),
                              .context = extension->context->name,
                              .priority = 1,
                              .callerid = extension->callerid };
    struct vl_show show;

    assert_int_equal(vl_show(lint->plan, &query, NULL, lint->arena, &show, &err), 0);
    for (size_t i = 0; i < show.step_count; i++) {
        struct vl_trace_place at;

        if (!went_to(lint->arena, show.steps[i].note, &at) || loops(lint, show.steps[i].priority))
            continue;
        compared++;
        if (!is_found(lint, show.steps[i].priority, &at))
            fail_msg("%s:%d: show goes to %s,%s,%d, which lint has not found", show.steps[i].priority->at.file,
                     show.steps[i].priority->at.line, at.context, at.number, at.priority);
    }
}

/* Whether the graph has this name as it is. */
static bool is_drawn(const char *name)
{
    while ((unsigned char)*name >= ' ' && *name != '"' && *name != '\\')
        name++;
    return !*name;
}

/* Whether the graph has a line for each context that a call names, and no other ones. */
static void compare_graph(struct vl_lint *lint)
{
    VL_BUF_AUTO graph = VL_BUF_INIT;
    const char *const *lines;

    vl_show_dot(&graph, lint->plan, NULL);
    for (size_t i = 0; i < lint->place_count; i++) {
        const struct vl_lint_place *place = &lint->places[i];
        const char *from = place->call->extension->context->name, *to = place->way->place.context;
        const char *edge = vl_arena_printf(lint->arena, "    \"%s\" -> \"%s\" [", from, to ? to : "");
        const char *name = to && place->way->kind == VL_JUMP_MACRO ? to + strlen("macro-") : to;

        /* what lint knows of globals the graph does not */
        if (!place->context || !to || !strstr(place->call->arguments, name) || !is_drawn(from) || !is_drawn(to))
            continue;
        compared++;
        if (!strstr(vl_buf_text(&graph), edge))
            fail_msg("%s:%d: the graph has no line to [%s]", place->call->step->at.file, place->call->step->at.line,
                     to);
    }
    lines = vl_text_split(lint->arena, vl_buf_text(&graph), "\n");
    for (size_t i = 0; lines[i]; i++) {
        bool found = !strstr(lines[i], "style=dashed") || strpbrk(lines[i], "\\?");

        for (size_t j = 0; j < lint->place_count && !found; j++)
            found = lint->places[j].context &&
                    strstr(lines[i],
                           vl_arena_printf(lint->arena, "\"%s\" -> \"%s\" [",
                                           lint->places[j].call->extension->context->name, lint->places[j].context));
        if (!found)
            fail_msg("%s: lint has not found '%s'", lint->plan->files[0], lines[i]);
    }
}

static void compare_plan(const char *path, const char *text, const struct vl_conf_reader *reader)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_DIALPLAN_AUTO *plan = vl_dialplan_parse(path, text, reader, &err);
    struct vl_lint_options options = { .reader = reader, .plan = plan };
    struct vl_lint lint = { .arena = &arena, .options = &options, .plan = plan, .asterisk = 1600 };

    assert_non_null(plan);
    vl_lint_collect(&lint);
    for (size_t i = 0; i < lint.call_count; i++) {
        compare_call(&lint, &lint.calls[i], true);
        compare_call(&lint, &lint.calls[i], false);
    }
    for (size_t i = 0; i < plan->context_count; i++)
        for (size_t j = 0; j < plan->contexts[i]->extension_count; j++)
            compare_way(&lint, plan->contexts[i]->extensions[j]);
    compare_graph(&lint);
    assert_false(arena.failed);
}

static void compare_file(const char *path)
{
    char *directory = strdup(path), *text = read_whole(path);
    struct vl_conf_reader reader = vl_conf_files(directory);

    *strrchr(directory, '/') = '\0';
    compare_plan(path, text, strstr(path, "/corpus/") ? &vl_conf_no_files : &reader);
    free(text);
    free(directory);
}

static void compare_files(const char *pattern, bool optional)
{
    glob_t found;

    if (glob(pattern, 0, NULL, &found) != 0) {
        assert_true(optional);
        return;
    }
    for (size_t i = 0; i < found.gl_pathc; i++)
        compare_file(found.gl_pathv[i]);
    globfree(&found);
}

/* The plans of the tree, and the sample files of Asterisk where the end-to-end tests have them (test/e2e/tree). */
static void show_follows_what_lint_finds(void **state)
{
    static const char *const patterns[] = { "lint/*.conf",
                                            "lint/*.ael",
                                            "lint/*/extensions.conf",
                                            "fuzz/corpus/fuzz_lint/*",
                                            "fuzz/corpus/fuzz_extensions/*",
                                            "golden/*/*/etc/asterisk/*extensions.conf" };
    const char *cache = getenv("VOIPLAB_TEST_CACHE");
    VL_ARENA_AUTO arena = { .blocks = NULL };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(patterns); i++)
        compare_files(vl_arena_printf(&arena, SOURCE_DIRECTORY "/test/%s", patterns[i]), false);
    compare_files(
        vl_arena_printf(&arena, "%s/tree-*/etc/asterisk/extensions*.conf", cache ? cache : "/var/cache/voiplab-test"),
        true);
    assert_true(compared > 400);
    print_message("%u jumps\n", compared);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_name_places),
        cmocka_unit_test(every_row_is_tried),
        cmocka_unit_test(calls_are_found_in_calls),
        cmocka_unit_test(show_follows_what_lint_finds),
    };

    for (int i = 1; i < argc; i++)
        compare_file(argv[i]);
    return argc > 1 ? 0 : cmocka_run_group_tests(tests, NULL, NULL);
}
