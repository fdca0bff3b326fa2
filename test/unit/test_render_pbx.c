/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the rendered files must say whatever they look like: the contexts, patterns and accounts of the thesis, the
 * order that keeps emergency numbers in front, and that nobody gets out at somebody else's expense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/text.h"
#include "lab_fixture.h"

static bool has(struct lab_fixture *fixture, const char *text, const char *line)
{
    const char *whole = vl_arena_printf(&fixture->arena, "\n%s\n", text);

    return strstr(whole, vl_arena_printf(&fixture->arena, "\n%s\n", line));
}

/* Section [NAME] of `text` has these lines; the last of them is NULL. */
static void check_section(struct lab_fixture *fixture, const char *text, const char *name, const char *const *lines)
{
    const char *section = lab_fixture_section(fixture, text, name);

    if (!section)
        fail_msg("there is not one section [%s]", name);
    for (; *lines; lines++)
        if (!has(fixture, section, *lines))
            fail_msg("[%s] lacks '%s'", name, *lines);
}

#define CHECK_SECTION(fixture, text, name, ...)                                                                        \
    check_section(fixture, text, name, (const char *const[]){ __VA_ARGS__, NULL })

static void test_hub_contexts_of_the_thesis(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("thesis");
    const char *text = lab_fixture_text(fixture, "servidor", "voiplab_extensions.conf");

    (void)unused;
    CHECK_SECTION(fixture, text, "globals", "OUTBOUNDTRUNK1=DAHDI/3", "OUTBOUNDTRUNK2=DAHDI/4", "TIEMPO_MAX=1800000",
                  "TIEMPO_ADV=300000", "INTERVALO_ADV=60000");
    CHECK_SECTION(
        fixture, text, "usuarios-tesis", "exten => 7000,hint,SIP/7000",
        "exten => 7000,1,Gosub(sub-voicemail,s,1(SIP/7000,7000))",
        "exten => 7001,1,Gosub(sub-novoicemail,s,1(SIP/7001))", "exten => 7002,1,Gosub(sub-novoicemail,s,1(SIP/7002))",
        "exten => 7003,1,Gosub(sub-novoicemail,s,1(SIP/7003))", "exten => 7004,1,Gosub(sub-novoicemail,s,1(SIP/7004))",
        "exten => 7005,hint,DAHDI/2", "exten => 7005,1,Gosub(sub-novoicemail,s,1(DAHDI/2))");
    CHECK_SECTION(fixture, text, "outbound-local", "exten => _NXXXXXX,1,Gosub(sub-outboundpool,s,1(${EXTEN}))",
                  "exten => _1XX,1,Gosub(sub-outboundpool,s,1(${EXTEN}))",
                  "exten => _1800.,1,Gosub(sub-outboundpool,s,1(${FILTER(0-9,${EXTEN})}))",
                  "exten => _1866XXXXXXX,1,Gosub(sub-outboundpool,s,1(${EXTEN}))",
                  "exten => _170XXXXXXX,1,Gosub(sub-outboundpool,s,1(${EXTEN}))");
    CHECK_SECTION(fixture, text, "outbound-regional",
                  "exten => _0[2-7]XXXXXXX,1,Gosub(sub-outboundpool,s,1(${EXTEN}))");
    CHECK_SECTION(fixture, text, "outbound-celular", "exten => _0[89]XXXXXXX,1,Authenticate(19999)");
    CHECK_SECTION(fixture, text, "outbound-internacional", "exten => _00.,1,Authenticate(9999)",
                  "same => n,Dial(SIP/voipcheap/${FILTER(0-9,${EXTEN})},60,rL(${TIEMPO_MAX}:${TIEMPO_ADV}:"
                  "${INTERVALO_ADV}))");
    CHECK_SECTION(fixture, text, "outbound-emergencia", "exten => 911,1,Gosub(sub-emergencia,s,1(${EXTEN}))");
    CHECK_SECTION(fixture, text, "sub-emergencia", "same => n,Dial(${OUTBOUNDTRUNK1}/${ARG1})",
                  "same => n,Dial(${OUTBOUNDTRUNK2}/${ARG1})");
    CHECK_SECTION(fixture, text, "outbound-uio",
                  "exten => 900,1,Dial(SIP/trunk-uio/8007,60,rL(${TIEMPO_MAX}:${TIEMPO_ADV}:${INTERVALO_ADV}))");
    CHECK_SECTION(fixture, text, "apps", "same => n,VoiceMailMain(@tesis)", "same => n,Directory(tesis,tesis,f)",
                  "same => n,Directory(tesis,tesis)");
    CHECK_SECTION(fixture, text, "numeros-tesis", "exten => _1XXX,1,Gosub(sub-novoicemail,s,1(SIP/7001/${EXTEN}))",
                  "exten => _3XXX,1,Gosub(sub-novoicemail,s,1(SIP/7003/${EXTEN}))");
    CHECK_SECTION(fixture, text, "PSTN", "include => usuarios-tesis");
}

static void test_emergency_first_and_free(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("thesis");
    const char *hub = lab_fixture_text(fixture, "servidor", "voiplab_extensions.conf");
    const char *guest = lab_fixture_text(fixture, "virtual1", "voiplab_extensions.conf");
    const char *emergency = lab_fixture_section(fixture, hub, "outbound-emergencia");

    (void)unused;
    assert_true(vl_text_starts(lab_fixture_section(fixture, hub, "tesis"), "include => outbound-emergencia\n"));
    assert_null(strstr(lab_fixture_section(fixture, hub, "tesis"), "exten =>"));
    assert_null(strstr(emergency, "Authenticate"));
    assert_null(strstr(lab_fixture_section(fixture, hub, "sub-emergencia"), "L(${"));
    CHECK_SECTION(fixture, guest, "from-internal", "include => emergency");
    assert_true(strstr(guest, "include => emergency") < strstr(guest, "include => trunk-prefixes"));
    CHECK_SECTION(fixture, guest, "emergency", "exten => 911,1,Dial(SIP/hub/${EXTEN})");
}

/* Callers from outside find the telephones and nothing that leads out. */
static void test_no_way_through(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("thesis");
    const char *hub = lab_fixture_text(fixture, "servidor", "voiplab_extensions.conf");
    const char *sip = lab_fixture_text(fixture, "servidor", "voiplab_sip.conf");
    const char *pstn = lab_fixture_section(fixture, hub, "PSTN");
    const char *first = strstr(pstn, "include");

    (void)unused;
    /* call-end is h, i and t */
    assert_true(vl_text_starts(strstr(first + 1, "include"), "include => call-end\n"));
    assert_null(strstr(strstr(first + 1, "include") + 1, "include"));
    assert_null(strstr(pstn, "outbound"));
    assert_null(strstr(lab_fixture_section(fixture, hub, "usuarios-tesis"), "include"));
    CHECK_SECTION(fixture, sip, "general", "allowguest=no", "context=PSTN", "alwaysauthreject=yes");
    for (int i = 1; i <= 3; i++) {
        const char *name = vl_arena_printf(&fixture->arena, "virtual%d", i);
        const char *text = lab_fixture_text(fixture, name, "voiplab_extensions.conf");
        const char *outside = lab_fixture_section(fixture, text, "from-trunk");
        const char *own = lab_fixture_section(fixture, text, "own-numbers");

        assert_null(strstr(strstr(outside, "include") + 1, "include"));
        CHECK_SECTION(fixture, text, "from-trunk", "include => own-numbers");
        assert_null(strstr(own, "IAX2/"));
        assert_null(strstr(own, "SIP/hub"));
        assert_null(strstr(own, "include"));
        CHECK_SECTION(fixture, lab_fixture_text(fixture, name, "voiplab_sip.conf"), "hub", "context=from-trunk");
    }
}

static void test_accounts_match_on_both_sides(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("thesis");
    const char *hub = lab_fixture_text(fixture, "servidor", "voiplab_sip.conf");

    (void)unused;
    for (size_t i = 0; i < fixture->lab->pbx_count; i++) {
        const struct vl_pbx *guest = &fixture->lab->pbxs[i];
        const char *secret, *text;

        if (guest->role != VL_ROLE_GUEST)
            continue;
        secret =
            vl_arena_printf(&fixture->arena, "secret=%s", vl_state_secret(&fixture->state, "sip/%s", guest->account));
        CHECK_SECTION(fixture, hub, guest->account, "type=peer", "host=dynamic", "context=tesis", secret);
        text = lab_fixture_text(fixture, guest->name, "voiplab_sip.conf");
        CHECK_SECTION(fixture, text, "hub", secret, "host=192.168.0.153",
                      vl_arena_printf(&fixture->arena, "fromuser=%s", guest->account));
        CHECK_SECTION(fixture, text, "general",
                      vl_arena_printf(&fixture->arena, "register => %s:%s@192.168.0.153/%s", guest->account,
                                      secret + strlen("secret="), guest->account));
    }
    /* 7005 hangs on the card, so it has no SIP account (the thesis gave it one) */
    assert_null(lab_fixture_section(fixture, hub, "7005"));
    assert_non_null(lab_fixture_section(fixture, hub, "7000"));
}

static void test_iax_pairs(void **unused)
{
    static const struct {
        const char *from, *to, *name, *host, *prefix;
    } pairs[] = {
        { "virtual1", "virtual2", "1000", "192.168.0.156", "_2XXX" },
        { "virtual1", "virtual3", "1001", "192.168.0.158", "_3XXX" },
        { "virtual2", "virtual1", "2000", "192.168.0.195", "_1XXX" },
        { "virtual2", "virtual3", "2001", "192.168.0.158", "_3XXX" },
        { "virtual3", "virtual1", "3000", "192.168.0.195", "_1XXX" },
        { "virtual3", "virtual2", "3001", "192.168.0.156", "_2XXX" },
    };
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("thesis");

    (void)unused;
    for (size_t i = 0; i < VL_COUNT(pairs); i++) {
        struct vl_arena *arena = &fixture->arena;
        const struct vl_pbx *to = vl_lab_pbx(fixture->lab, pairs[i].to);
        struct vl_trunk trunk;
        const char *secret;
        const char *address = vl_text_from_ipv4(arena, vl_lab_pbx(fixture->lab, pairs[i].from)->address);

        assert_true(vl_lab_trunk(fixture->lab, vl_lab_pbx(fixture->lab, pairs[i].from), to, &trunk));
        secret = vl_arena_printf(arena, "secret=%s", vl_state_trunk_secret(&fixture->state, arena, &trunk).secret);
        CHECK_SECTION(fixture, lab_fixture_text(fixture, pairs[i].from, "voiplab_iax.conf"), pairs[i].name, "type=peer",
                      secret, "trunk=yes", "auth=md5", vl_arena_printf(arena, "host=%s", pairs[i].host),
                      vl_arena_printf(arena, "username=%s", pairs[i].name));
        CHECK_SECTION(fixture, lab_fixture_text(fixture, pairs[i].to, "voiplab_iax.conf"), pairs[i].name, "type=user",
                      secret, "context=from-trunk", "auth=md5",
                      vl_arena_printf(arena, "permit=%s/255.255.255.255", address));
        CHECK_SECTION(
            fixture, lab_fixture_text(fixture, pairs[i].from, "voiplab_extensions.conf"), "trunk-prefixes",
            vl_arena_printf(arena, "exten => %s,1,Gosub(sub-trunk,s,1(%s,${EXTEN}))", pairs[i].prefix, pairs[i].name));
    }
}

/* Asterisk refuses or misreads these; see the defects of the thesis in docs/CHANGES-FROM-THESIS.md. */
static void test_no_relics(void **unused)
{
    static const char *const relics[] = { "Macro(",  "n+101",       "[macro-",   "autofallthrough", "\nallow=all",
                                          "nat=yes", "canreinvite", "t38pt_rtp", "limitonpeer",     "MACRO_EXTEN" };
    static const char *const labs[] = { "thesis", "quickstart", "classroom" };

    (void)unused;
    for (size_t i = 0; i < VL_COUNT(labs); i++) {
        LAB_FIXTURE_AUTO *fixture = lab_fixture_open(labs[i]);

        for (size_t j = 0; j < fixture->lab->pbx_count; j++) {
            struct vl_fileset set =
                lab_fixture_render(fixture, fixture->lab->pbxs[j].name, VL_PART_TRUNK | VL_PART_DIALPLAN);

            for (size_t k = 0; k < set.count; k++)
                for (size_t l = 0; l < VL_COUNT(relics); l++)
                    if (set.files[k].text && strstr(set.files[k].text, relics[l]))
                        fail_msg("%s of %s contains %s", set.files[k].path, labs[i], relics[l]);
        }
    }
}

/* `parts` selects files and never changes one. */
static void test_parts_select(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("thesis");

    (void)unused;
    for (size_t i = 0; i < fixture->lab->pbx_count; i++) {
        const char *name = fixture->lab->pbxs[i].name;
        struct vl_fileset all = lab_fixture_render(fixture, name, VL_PART_TRUNK | VL_PART_DIALPLAN);

        for (unsigned part = VL_PART_TRUNK; part <= VL_PART_DIALPLAN; part++) {
            struct vl_fileset some = lab_fixture_render(fixture, name, part);

            assert_true(some.count > 0);
            for (size_t j = 0; j < some.count; j++) {
                const struct vl_file *same = lab_fixture_find(&all, some.files[j].path, some.files[j].kind);

                assert_non_null(same);
                assert_true((same->text == NULL) == !vl_file_stays(some.files[j].kind));
                if (same->text)
                    assert_string_equal(some.files[j].text, same->text);
            }
        }
    }
    {
        struct vl_fileset trunk = lab_fixture_render(fixture, "servidor", VL_PART_TRUNK);

        assert_int_equal(lab_fixture_count(&trunk), 2);
    }
}

/* A file stands before the block that includes it; ours can be read by Asterisk's group only. */
static void test_order_and_modes(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("thesis");
    struct vl_fileset set = lab_fixture_render(fixture, "servidor", VL_PART_TRUNK | VL_PART_DIALPLAN);

    (void)unused;
    for (size_t i = 0; i < set.count; i++) {
        const struct vl_file *file = &set.files[i];

        assert_non_null(file->why);
        /* what is gone may have been of a driver that is not there */
        if (!vl_file_stays(file->kind))
            continue;
        /* Authenticate() reads the file of a PIN at every call */
        assert_true((file->reload == VL_RELOAD_NONE) == vl_text_starts(file->path, "/etc/asterisk/voiplab_pin_"));
        if (file->kind == VL_FILE_WHOLE) {
            assert_int_equal(file->mode, 0640);
            assert_string_equal(file->group, "asterisk");
        } else if (file->kind == VL_FILE_BLOCK && vl_text_starts(file->text, "#include ")) {
            assert_true(i > 0 && set.files[i - 1].kind == VL_FILE_WHOLE);
            assert_string_equal(
                file->text, vl_arena_printf(&fixture->arena, "#include %s\n", strrchr(set.files[i - 1].path, '/') + 1));
        }
    }
    assert_non_null(lab_fixture_find(&set, "/etc/dahdi/system.conf", VL_FILE_BLOCK));
}

/* A lab of one's own: written to a file, since the loader is what makes labs. */
static struct lab_fixture *open_text(const char *text)
{
    char path[] = "/tmp/voiplab-test-XXXXXX";
    int descriptor = mkstemp(path);
    struct lab_fixture *fixture;

    assert_true(descriptor >= 0);
    assert_true(write(descriptor, text, strlen(text)) == (ssize_t)strlen(text));
    close(descriptor);
    fixture = lab_fixture_open(path);
    unlink(path);
    return fixture;
}

#define SMALL_LAB(name)                                                                                                \
    "[lab]\nname=" name "\n[bridge]\nname=br0\ninterface=none\naddress=10.1.1.1/24\n[pbx hub]\nrole=hub\n"             \
    "place=local\n[pbx a]\nplace=ssh\naddress=10.1.1.2\nhostkey=ssh-ed25519 AAAA\nprefix=1\n"

/* A lab called as a context of the sample extensions.conf must not be merged with it. */
static void test_reserved_names(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = open_text(SMALL_LAB("demo"));
    const char *text = lab_fixture_text(fixture, "hub", "voiplab_extensions.conf");

    (void)unused;
    assert_string_equal(vl_render_our_context(&fixture->arena, fixture->lab, &fixture->state, fixture->lab->hub),
                        "lab-demo");
    assert_null(lab_fixture_section(fixture, text, "demo"));
    CHECK_SECTION(fixture, text, "lab-demo", "include => usuarios-demo", "include => outbound-emergencia");
    CHECK_SECTION(fixture, lab_fixture_text(fixture, "hub", "voiplab_sip.conf"), "7001", "context=lab-demo");
}

/* Without lines and mailboxes there is nothing that needs them, and no trunk where there is one guest. */
static void test_small_lab(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = open_text(SMALL_LAB("small"));
    struct vl_fileset hub = lab_fixture_render(fixture, "hub", VL_PART_TRUNK | VL_PART_DIALPLAN);
    const char *text = lab_fixture_text(fixture, "hub", "voiplab_extensions.conf");

    (void)unused;
    assert_int_equal(lab_fixture_count(&hub), 6); /* two of them hold a PIN each */
    assert_null(strstr(text, "VoiceMail"));
    assert_null(strstr(text, "Directory"));
    assert_null(strstr(text, "DAHDI"));
    CHECK_SECTION(fixture, text, "sub-outboundpool", "same => n(end),Return()");
    assert_null(strstr(lab_fixture_text(fixture, "a", "voiplab_iax.conf"), "["));
}

/* 30 students: every one reaches every other, by an account of its own. */
static void test_classroom(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = lab_fixture_open("classroom");
    const char *text = lab_fixture_text(fixture, "student-30", "voiplab_extensions.conf");
    size_t count = 0;

    (void)unused;
    text = lab_fixture_section(fixture, text, "trunk-prefixes");
    for (const char *at = text; (at = strstr(at, "exten => _")); at++)
        count++;
    assert_int_equal(count, 29);
    CHECK_SECTION(fixture, lab_fixture_text(fixture, "hub", "voiplab_sip.conf"), "7030", "host=dynamic");
}

/* What a section says, line by line. */
static void check_whole(struct lab_fixture *fixture, const char *text, const char *name, const char *expected)
{
    const char *section = lab_fixture_section(fixture, text, name);

    assert_non_null(section);
    if (!vl_text_starts(section, expected))
        fail_msg("[%s] is\n%s\nand not\n%s", name, section, expected);
}

#define LIMIT "L(${TIEMPO_MAX}:${TIEMPO_ADV}:${INTERVALO_ADV})"

/* A line that is in use, or cannot be reached, gives way to the next one; what a provider says of the number called
 * ends the search. */
static void test_pools(void **unused)
{
    LAB_FIXTURE_AUTO *fixture =
        open_text(SMALL_LAB("ways") "[dahdi]\nfxo=3,4\n[provider one]\nhost=10.1.1.9\n[provider two]\nhost=10.1.1.8\n"
                                    "[pool way]\nlines=4, one, 3, two\n[route local]\nvia=way\nlimit=600\n"
                                    "[route emergencia]\nvia=way\n[route regional]\nvia=two\n[dialplan]\n"
                                    "callerid=12345\nlimit=60\nwarning=0\ninterval=0\n");
    const char *text = lab_fixture_text(fixture, "hub", "voiplab_extensions.conf");

    (void)unused;
    check_whole(fixture, text, "sub-pool-way",
                "; ARG1: number. The lines are tried in this order, until one has reached it or knows better\n"
                "include => call-end\n"
                "exten => s,1,NoOp(call to ${ARG1})\n"
                "same => n,Set(CALLERID(all)=\"WAYS\" <12345>)\n"
                "same => n,Dial(DAHDI/4/${ARG1},,T" LIMIT ")\n"
                "same => n,GotoIf($[\"${DIALSTATUS}\" = \"NOANSWER\"]?end)\n"
                "same => n,Dial(SIP/one/${ARG1},,T" LIMIT ")\n"
                "same => n,GotoIf($[\"${DIALSTATUS}\" = \"NOANSWER\" | \"${DIALSTATUS}\" = \"BUSY\" | "
                "\"${HANGUPCAUSE}\" = \"1\" | \"${HANGUPCAUSE}\" = \"28\"]?end)\n"
                "same => n,Dial(DAHDI/3/${ARG1},,T" LIMIT ")\n"
                "same => n,GotoIf($[\"${DIALSTATUS}\" = \"NOANSWER\"]?end)\n"
                "same => n,Dial(SIP/two/${ARG1},,T" LIMIT ")\n"
                "same => n(end),Return()\n");
    CHECK_SECTION(fixture, text, "globals", "TIEMPO_MAX=60000", "TIEMPO_ADV=0", "OUTBOUNDTRUNK1=DAHDI/3");
    CHECK_SECTION(fixture, text, "sub-emergencia-way", "same => n,Dial(DAHDI/4/${ARG1})",
                  "same => n,Dial(SIP/two/${ARG1})");
    CHECK_SECTION(fixture, text, "outbound-emergencia", "exten => 911,1,Gosub(sub-emergencia-way,s,1(${EXTEN}))");
    CHECK_SECTION(fixture, text, "outbound-local", "exten => _1XX,1,Set(TIEMPO_MAX=600000)",
                  "same => n,Gosub(sub-pool-way,s,1(${EXTEN}))");
    CHECK_SECTION(fixture, text, "outbound-regional",
                  "exten => _0[2-7][2-7]XXXXXX,1,Dial(SIP/two/${EXTEN},60,r" LIMIT ")");
    CHECK_SECTION(fixture, text, "outbound-celular", "same => n,Gosub(sub-outboundpool,s,1(${EXTEN}))");
}

/* Every class of service has emergency numbers first, and every other class of numbers at its place: taken or refused.
 */
static void test_classes(void **unused)
{
    LAB_FIXTURE_AUTO *fixture =
        open_text(SMALL_LAB("ways") "class=student\n[dahdi]\nfxs=1,2\nfxo=3\n[user 7010]\nclass=chief\n"
                                    "[user 7011]\ndahdi=2\nclass=chief\n[class student]\nroutes=local\n"
                                    "[class chief]\nroutes=all, premium\n[class inside]\nroutes=none\n[dialplan]\n"
                                    "class=inside\n");
    const char *text = lab_fixture_text(fixture, "hub", "voiplab_extensions.conf");
    const char *sip = lab_fixture_text(fixture, "hub", "voiplab_sip.conf");
    const char *card = lab_fixture_text(fixture, "hub", "voiplab_dahdi-channels.conf");
    const char *guest = lab_fixture_text(fixture, "a", "voiplab_extensions.conf");

    (void)unused;
    check_whole(fixture, text, "class-student",
                "include => outbound-emergencia\ninclude => usuarios-ways\ninclude => numeros-ways\ninclude => apps\n"
                "include => barred-premium\ninclude => outbound-local\ninclude => barred-celular\n"
                "include => barred-regional\ninclude => barred-internacional\ninclude => call-end\n");
    CHECK_SECTION(fixture, text, "class-chief", "include => outbound-premium", "include => outbound-internacional");
    CHECK_SECTION(fixture, text, "class-inside", "include => outbound-emergencia", "include => barred-local");
    CHECK_SECTION(fixture, text, "ways", "include => barred-premium", "include => outbound-internacional");
    CHECK_SECTION(fixture, text, "barred-premium", "exten => _1900XXXXXX,1,Goto(call-barred,s,1)");
    assert_null(lab_fixture_section(fixture, text, "barred-emergencia"));
    CHECK_SECTION(fixture, sip, "7001", "context=class-student", "setvar=TRANSFER_CONTEXT=class-student");
    CHECK_SECTION(fixture, sip, "7010", "context=class-chief", "subscribecontext=class-chief");
    CHECK_SECTION(fixture, card, "voiplab-fxs-1", "context=class-inside");
    CHECK_SECTION(fixture, card, "voiplab-fxs-2", "context=class-chief", "setvar=TRANSFER_CONTEXT=class-chief");
    /* the guest asks the hub for nothing that the hub would refuse */
    CHECK_SECTION(fixture, guest, "to-hub", "exten => _1XX,1,Dial(SIP/hub/${EXTEN})");
    assert_null(strstr(guest, "_09XXXXXXXX"));
    CHECK_SECTION(fixture, guest, "emergency", "exten => 911,1,Dial(SIP/hub/${EXTEN})");
}

/* A PIN is where only Asterisk reads it, unless the lab asks for it in the dialplan. */
static void test_pins(void **unused)
{
    static const char *const places[] = { "file", "inline" };

    (void)unused;
    for (size_t i = 0; i < VL_COUNT(places); i++) {
        VL_BUF_AUTO lab = VL_BUF_INIT;

        vl_buf_printf(&lab, SMALL_LAB("pins") "[route celular]\npin=4711\n[dialplan]\npins=%s\n", places[i]);
        {
            LAB_FIXTURE_AUTO *fixture = open_text(vl_buf_text(&lab));
            struct vl_fileset set = lab_fixture_render(fixture, "hub", VL_PART_DIALPLAN);
            const struct vl_file *pin = lab_fixture_find(&set, "/etc/asterisk/voiplab_pin_celular", VL_FILE_WHOLE);
            const char *text = lab_fixture_text(fixture, "hub", "voiplab_extensions.conf");

            assert_true((pin == NULL) == (i == 1));
            /* where it is not needed it goes, also that of a class without a PIN */
            assert_true((lab_fixture_find(&set, "/etc/asterisk/voiplab_pin_celular", VL_FILE_GONE) == NULL) ==
                        (i == 0));
            assert_non_null(lab_fixture_find(&set, "/etc/asterisk/voiplab_pin_local", VL_FILE_GONE));
            assert_true((strstr(text, "4711") == NULL) == (i == 0));
            if (pin) {
                assert_string_equal(pin->text, "4711\n");
                assert_int_equal(pin->mode, 0640);
                assert_string_equal(pin->group, "asterisk");
                CHECK_SECTION(fixture, text, "outbound-celular",
                              "exten => _09XXXXXXXX,1,Authenticate(/etc/asterisk/voiplab_pin_celular)");
            }
        }
    }
}

/* Callers from outside: by the number that they dialled, or to the operator. */
static const struct vl_file *gone(const struct vl_fileset *set, const char *path, bool block)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->files[i].kind == (block ? VL_FILE_BLOCK_GONE : VL_FILE_GONE) && !strcmp(set->files[i].path, path))
            return &set->files[i];
    return NULL;
}

/* What was for another role, or for a route that the lab has no more, goes; what is wanted is not among it. */
static void test_outlived(void **unused)
{
    LAB_FIXTURE_AUTO *fixture = open_text(SMALL_LAB("roles") "[route celular]\npin=4711\n");
    struct vl_fileset hub, guest;

    (void)unused;
    vl_state_store(&fixture->state, "4712", "pin/%s", "antigua");
    vl_state_store(&fixture->state, "4712", "pin/%s", "../../etc/passwd");
    hub = lab_fixture_render(fixture, "hub", VL_PART_TRUNK);
    guest = lab_fixture_render(fixture, "a", VL_PART_TRUNK);

    /* the IAX2 accounts of a guest that became the hub, and the file that included them */
    assert_non_null(gone(&hub, "/etc/asterisk/voiplab_iax.conf", false));
    assert_int_equal(gone(&hub, "/etc/asterisk/iax.conf", true)->reload, VL_RELOAD_IAX2);
    assert_null(gone(&guest, "/etc/asterisk/voiplab_iax.conf", false));
    /* the PINs of a hub that became a guest, and that of a route that there is no more */
    assert_non_null(gone(&guest, "/etc/asterisk/voiplab_pin_celular", false));
    assert_non_null(gone(&guest, "/etc/asterisk/voiplab_pin_antigua", false));
    assert_non_null(gone(&hub, "/etc/asterisk/voiplab_pin_antigua", false));
    assert_null(gone(&hub, "/etc/asterisk/voiplab_pin_celular", false));
    assert_null(gone(&hub, "/etc/asterisk/voiplab_pin_../../etc/passwd", false));
    /* a card's, mailboxes that nobody has */
    assert_non_null(gone(&guest, "/etc/dahdi/system.conf", true));
    assert_non_null(gone(&guest, "/etc/asterisk/voiplab_chan_dahdi.conf", false));
    assert_non_null(gone(&hub, "/etc/asterisk/voiplab_voicemail.conf", false));
    /* of other parts than the one that is asked for, and wanted */
    assert_null(gone(&hub, "/etc/asterisk/voiplab_extensions.conf", false));
    assert_null(gone(&hub, "/etc/asterisk/extensions.conf", true));
}

static void test_inbound(void **unused)
{
    LAB_FIXTURE_AUTO *fixture =
        open_text(SMALL_LAB("in") "[user 7010]\nvoicemail=yes\n[did 22345678]\nto=7010\n[did 22345679]\nto=1500\n"
                                  "[did 22345670]\nto=7001\n[dialplan]\noperator=1500\n");
    const char *text = lab_fixture_text(fixture, "hub", "voiplab_extensions.conf");

    (void)unused;
    CHECK_SECTION(
        fixture, text, "did", "exten => 22345678,1,Goto(PSTN,7010,1)", "exten => +22345678,1,Goto(PSTN,22345678,1)",
        "exten => 22345679,1,Gosub(sub-novoicemail,s,1(SIP/7001/1500))", "exten => 22345670,1,Goto(PSTN,7001,1)");
    CHECK_SECTION(fixture, text, "PSTN", "include => did", "include => usuarios-in", "include => call-end",
                  "exten => t,1,Gosub(sub-novoicemail,s,1(SIP/7001/1500))", "same => n,Goto(t,1)");
    CHECK_SECTION(fixture, text, "call-end", "exten => t,1,Hangup()", "exten => i,1,Playback(pbx-invalid)");
    assert_null(strstr(lab_fixture_section(fixture, text, "PSTN"), "outbound"));
}

/* The kernel's side of the card: each port with the signalling of what hangs on it, and the tones of the country. */
static void test_card(void **unused)
{
    static const struct {
        const char *country, *zone;
    } countries[] = { { "ec", "us" }, { "es", "es" }, { "gb", "uk" }, { "mx", "mx" }, { "ar", "ar" } };

    (void)unused;
    for (size_t i = 0; i < VL_COUNT(countries); i++) {
        VL_BUF_AUTO lab = VL_BUF_INIT, expected = VL_BUF_INIT;

        vl_buf_printf(&lab, SMALL_LAB("card\ncountry=%s") "[dahdi]\nfxs=1\nfxo=4\nechocanceller=%s\n",
                      countries[i].country, i ? "oslec" : "none");
        vl_buf_printf(&expected, "fxoks=1\n%sfxsks=4\n%sloadzone=%s\ndefaultzone=%s\n",
                      i ? "echocanceller=oslec,1\n" : "", i ? "echocanceller=oslec,4\n" : "", countries[i].zone,
                      countries[i].zone);
        {
            LAB_FIXTURE_AUTO *fixture = open_text(vl_buf_text(&lab));
            struct vl_fileset set = lab_fixture_render(fixture, "hub", VL_PART_DIALPLAN);
            const struct vl_file *file = lab_fixture_find(&set, "/etc/dahdi/system.conf", VL_FILE_BLOCK);

            assert_non_null(file);
            assert_string_equal(file->text, vl_buf_text(&expected));
            CHECK_SECTION(fixture, lab_fixture_text(fixture, "hub", "voiplab_chan_dahdi.conf"), "voiplab-port",
                          i ? "echocancel=yes" : "echocancel=no", "#include voiplab_dahdi-channels.conf");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hub_contexts_of_the_thesis),
        cmocka_unit_test(test_emergency_first_and_free),
        cmocka_unit_test(test_no_way_through),
        cmocka_unit_test(test_accounts_match_on_both_sides),
        cmocka_unit_test(test_iax_pairs),
        cmocka_unit_test(test_no_relics),
        cmocka_unit_test(test_parts_select),
        cmocka_unit_test(test_order_and_modes),
        cmocka_unit_test(test_reserved_names),
        cmocka_unit_test(test_small_lab),
        cmocka_unit_test(test_classroom),
        cmocka_unit_test(test_pools),
        cmocka_unit_test(test_classes),
        cmocka_unit_test(test_pins),
        cmocka_unit_test(test_outlived),
        cmocka_unit_test(test_inbound),
        cmocka_unit_test(test_card),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
