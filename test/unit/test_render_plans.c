/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold in the dialplan of a hub for every numbering plan, with and without all that a lab can add: every name
 * leads somewhere, emergency numbers come first wherever a telephone dials, what a caller sends cannot become more than
 * digits, and nobody gets out who calls from outside. Lines are read here as Asterisk reads them, no more than needed.
 */
#include "support.h"

#include <glob.h>

#include "base/buf.h"
#include "base/text.h"
#include "lab_fixture.h"

static const char everything[] =
    "[dahdi]\nfxs=1,2\nfxo=3,4\n[provider one]\nhost=10.1.1.9\n[provider two]\nhost=10.1.1.8\n[pool way]\n"
    "lines=3,one,4,two\n[class some]\nroutes=internacional2\n[class chief]\nroutes=all, internacional2\n[class no]\n"
    "routes=none\n[user 7010]\nvoicemail=yes\nclass=chief\n[user 7011]\ndahdi=1\n[dialplan]\nvia=way\nclass=no\n"
    "operator=1500\ncallerid=999999\n[did 55512345]\nto=7010\n[did 55512346]\nto=1500\n[route internacional2]\n"
    "pattern=_99X., _98X!\nvia=two\npin=1234\nlimit=120\n";

static struct lab_fixture *open_plan(const char *country, const char *more)
{
    char path[] = "/tmp/voiplab-test-XXXXXX";
    int descriptor = mkstemp(path);
    VL_BUF_AUTO text = VL_BUF_INIT;
    struct lab_fixture *fixture;

    assert_true(descriptor >= 0);
    close(descriptor);
    vl_buf_printf(&text,
                  "[lab]\nname=plans\ncountry=%s\n[bridge]\naddress=10.1.1.1/24\n[pbx hub]\nrole=hub\n[pbx a]\n"
                  "place=ssh\naddress=10.1.1.2\nhostkey=ssh-ed25519 AAAA\nprefix=1\n[pbx b]\nplace=ssh\n"
                  "address=10.1.1.3\nhostkey=ssh-ed25519 AAAA\nprefix=2\n%s",
                  country, more);
    write_whole(path, vl_buf_text(&text));
    fixture = lab_fixture_open(path);
    unlink(path);
    return fixture;
}

/* The text up to one of these characters. */
static const char *until(struct lab_fixture *fixture, const char *text, const char *ends)
{
    return vl_arena_strndup(&fixture->arena, text, strcspn(text, ends));
}

/* Where the line leads that is not there, or NULL. */
static const char *missing_target(struct lab_fixture *fixture, const char *text, const char *sip, const char *line)
{
    static const char *const jumps[] = { "Gosub(", "Goto(", "?" };

    for (size_t i = 0; i < VL_COUNT(jumps); i++) {
        const char *at = strstr(line, jumps[i]);

        /* a jump with a comma leaves the extension: CONTEXT,EXTENSION,PRIORITY */
        at = at ? at + strlen(jumps[i]) : "";
        if (strcspn(at, ",") >= strcspn(at, ")") || vl_text_starts(at, "t,1"))
            continue;
        if (!lab_fixture_section(fixture, text, until(fixture, at, ",")))
            return until(fixture, at, ",");
    }
    for (const char *at = line; (at = strstr(at, "SIP/")); at++)
        if (!vl_text_starts(at, "SIP/${") && !lab_fixture_section(fixture, sip, until(fixture, at + 4, "/,)")))
            return until(fixture, at + 4, "/,)");
    return NULL;
}

struct reading {
    bool loose; /* the extension lets any character through */
    bool first; /* nothing has been seen of the context yet */
    bool dials; /* telephones dial in this context */
};

/* What is wrong with a line, or NULL. */
static const char *complaint(struct lab_fixture *fixture, const char *text, const char *sip, const char *line,
                             struct reading *reading)
{
    if (*line == '[') {
        *reading = (struct reading){
            .first = true,
            .dials = vl_text_starts(line, "[class-") || !strcmp(line, "[plans]") || !strcmp(line, "[from-internal]"),
        };
        return NULL;
    }
    if (vl_text_starts(line, "include => ")) {
        if (!lab_fixture_section(fixture, text, line + strlen("include => ")))
            return "there is no such context";
        if (reading->dials && reading->first && !strstr(line, "emergenc"))
            return "emergency numbers do not come first";
        reading->first = false;
    }
    if (reading->dials && vl_text_starts(line, "exten"))
        return "a number stands before the emergency numbers";
    if (vl_text_starts(line, "exten => "))
        reading->loose = line[9] == '_' && strpbrk(until(fixture, line + 9, ","), ".!");
    if (reading->loose && strstr(line, "${EXTEN}") && !strstr(line, "${FILTER(0-9,${EXTEN})}"))
        return "any character gets through";
    if (strstr(line, "Macro(") || strstr(line, "_.,") || strstr(line, "_X.,"))
        return "this is not to be written any more";
    return missing_target(fixture, text, sip, line);
}

static void check_dialplan(struct lab_fixture *fixture, const char *pbx)
{
    const char *text = lab_fixture_text(fixture, pbx, "voiplab_extensions.conf");
    const char *sip = lab_fixture_text(fixture, pbx, "voiplab_sip.conf");
    char *rest = vl_arena_strdup(&fixture->arena, text), *line;
    struct reading reading = { .loose = false };

    while ((line = strsep(&rest, "\n"))) {
        const char *wrong = *line && *line != ';' ? complaint(fixture, text, sip, line, &reading) : NULL;

        if (wrong)
            fail_msg("%s, %s: %s: %s", fixture->lab->country, pbx, line, wrong);
    }
}

/* From PSTN only telephones are found: neither a way out nor a number that leads to one is included, at any depth. */
static void check_pstn(struct lab_fixture *fixture)
{
    const char *text = lab_fixture_text(fixture, "hub", "voiplab_extensions.conf");
    const char *section = lab_fixture_section(fixture, text, "PSTN"), *at = section;

    while ((at = strstr(at, "include => "))) {
        const char *name = until(fixture, at += strlen("include => "), "\n");
        const char *included = lab_fixture_section(fixture, text, name);

        assert_non_null(included);
        assert_null(strstr(included, "include"));
        assert_null(strstr(included, "outbound"));
        assert_null(strstr(included, "sub-pool"));
        assert_null(strstr(included, "DAHDI/3"));
        assert_null(strstr(included, "=> _"));
    }
}

/* Every context where a telephone dials finds every emergency number, without a PIN. */
static void check_emergency(struct lab_fixture *fixture)
{
    const char *text = lab_fixture_text(fixture, "hub", "voiplab_extensions.conf");

    for (size_t i = 0; i < fixture->lab->route_count && fixture->lab->routes[i].emergency; i++) {
        const struct vl_route *route = &fixture->lab->routes[i];
        const char *name = vl_arena_printf(&fixture->arena, "outbound-%s", route->name);
        const char *section = lab_fixture_section(fixture, text, name);

        assert_null(strstr(section, "Authenticate"));
        assert_null(strstr(section, "L(${"));
        for (const char *const *pattern = route->patterns; *pattern; pattern++)
            assert_non_null(strstr(section, vl_arena_printf(&fixture->arena, "exten => %s,1,", *pattern)));
    }
}

static void test_every_plan(void **state)
{
    static const char *const labs[] = { "", everything };
    glob_t files;

    (void)state;
    assert_int_equal(glob(SOURCE_DIRECTORY "/share/numbering/*.ini", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++)
        for (size_t j = 0; j < VL_COUNT(labs); j++) {
            const char *name = strrchr(files.gl_pathv[i], '/') + 1;
            char country[32] = "";

            memcpy(country, name, strlen(name) - strlen(".ini"));
            LAB_FIXTURE_AUTO *fixture = open_plan(country, labs[j]);
            check_dialplan(fixture, "hub");
            check_dialplan(fixture, "a");
            check_pstn(fixture);
            check_emergency(fixture);
        }
    globfree(&files);
}

/* The same look at a plan that is wrong: each line must be seen. */
static void test_wrong_lines(void **state)
{
    static const char *const wrong[] = {
        "include => nowhere",
        "exten => 1,1,Gosub(nowhere,s,1(1))",
        "exten => 1,1,Goto(nowhere,1,1)",
        "exten => 1,1,Dial(SIP/nobody/1)",
        "exten => _9X.,1,Dial(SIP/one/${EXTEN})",
        "exten => 1,1,Macro(x)",
    };
    LAB_FIXTURE_AUTO *fixture = open_plan("ec", everything);
    const char *text = lab_fixture_text(fixture, "hub", "voiplab_extensions.conf");
    const char *sip = lab_fixture_text(fixture, "hub", "voiplab_sip.conf");
    struct reading reading = { .loose = false };

    (void)state;
    for (size_t i = 0; i < VL_COUNT(wrong); i++)
        if (!complaint(fixture, text, sip, wrong[i], &reading))
            fail_msg("nothing is said of: %s", wrong[i]);
    reading = (struct reading){ .dials = true, .first = true };
    assert_non_null(complaint(fixture, text, sip, "include => apps", &reading));
    assert_non_null(complaint(fixture, text, sip, "exten => 1,1,Hangup()", &reading));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_lines),
        cmocka_unit_test(test_every_plan),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
