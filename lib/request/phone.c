/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * phone: the profiles of the telephones are written, and on request handed out once over HTTP (machine/provision.h) and
 * the telephones asked to fetch them.
 *
 * A telephone is asked by its own web page, as a person would do in a browser, with the administrator's password by
 * HTTP Digest. curl does it; what is secret reaches it by its standard input.
 */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/process.h"
#include "base/shell.h"
#include "base/text.h"
#include "lab/state.h"
#include "machine/provision.h"
#include "render/phone.h"
#include "request/request.h"
#include "stage/stage.h"

enum { ASK_TIMEOUT_MS = 30000, LOOK_MS = 200, PATH_BYTES = 16 };

/* Where a web server is put by hand. */
#define SERVED_PORT "8080"

/* One telephone that is meant. */
struct called {
    const struct vl_phone *phone;
    uint32_t address;
    const char *url;
    bool asked;   /* it was told to fetch its profile */
    bool awaited; /* its fetch ends the serving */
    bool failed;
    struct vl_provision_file *file;
};

struct handing {
    const struct vl_run *run;
    struct vl_arena *arena;
    struct called *called;
    size_t count;
};

int vl_run_phone_names(const struct vl_run *run)
{
    const struct vl_lab *lab = run->session->lab;
    const char **known = vl_arena_zalloc(&run->result->arena, (lab->phone_count + 1) * sizeof(*known));

    if (!known)
        return vl_no_memory(run->err);
    if (!lab->phone_count)
        return vl_fail_at(run->err, VL_ERROR_LAB, lab->file, 1,
                          "the lab has no [phone] section; [phone NAME] describes a telephone, see voiplab-lab(5)");
    for (size_t i = 0; i < lab->phone_count; i++)
        known[i] = lab->phones[i].name;
    return vl_run_check_names(run, "phone", known);
}

/* The address of this host on the bridge: the lab file's, or the one that it got. */
static int own_address(const struct vl_bridge *bridge, uint32_t *ret_address, struct vl_error *err)
{
    struct ifaddrs *all = NULL;
    uint32_t found = bridge->address;

    if (!found && getifaddrs(&all) < 0)
        return vl_fail_errno(err, "cannot list the addresses of this host");
    for (const struct ifaddrs *entry = all; entry && !found; entry = entry->ifa_next)
        if (entry->ifa_addr && entry->ifa_addr->sa_family == AF_INET && !strcmp(entry->ifa_name, bridge->name))
            found = ntohl(((const struct sockaddr_in *)(const void *)entry->ifa_addr)->sin_addr.s_addr);
    if (all)
        freeifaddrs(all);
    *ret_address = found;
    return found ? 0
                 : vl_fail(err, VL_ERROR_FAILED, "the bridge '%s' has no address; 'voiplab bridge' brings it up",
                           bridge->name);
}

/* Who is meant, and where each is. */
static int call_up(struct handing *handing)
{
    const struct vl_run *run = handing->run;
    const struct vl_lab *lab = run->session->lab;
    uint32_t given = 0;

    handing->called = vl_arena_zalloc(handing->arena, lab->phone_count * sizeof(*handing->called));
    if (!handing->called)
        return vl_no_memory(run->err);
    if (run->request->parameters.phone->address && !vl_text_ipv4(run->request->parameters.phone->address, &given))
        return vl_fail(run->err, VL_ERROR_USAGE, "--address: '%s' is not an IPv4 address",
                       run->request->parameters.phone->address);
    for (size_t i = 0; i < lab->phone_count; i++)
        if (vl_session_wanted(run->request->names, lab->phones[i].name))
            handing->called[handing->count++] = (struct called){
                .phone = &lab->phones[i],
                .address = given ? given : lab->phones[i].address,
            };
    if (given && handing->count != 1)
        return vl_fail(run->err, VL_ERROR_USAGE, "--address is that of one phone: name it");
    for (size_t i = 0; run->request->parameters.phone->resync && i < handing->count; i++)
        if (!handing->called[i].address)
            return vl_fail(run->err, VL_ERROR_USAGE,
                           "where is '%s'? give its address with --address, or in its section of the lab file",
                           handing->called[i].phone->name);
    return 0;
}

/* A path that nobody can guess. */
static const char *make_path(const struct handing *handing, const struct vl_phone *phone)
{
    unsigned char bytes[PATH_BYTES];
    const char *path = "/";

    if (handing->run->session->state.random(bytes, sizeof(bytes)) < 0) {
        (void)vl_fail_errno(handing->run->err, "cannot get random bytes");
        return NULL;
    }
    for (size_t i = 0; i < sizeof(bytes); i++)
        path = vl_arena_printf(handing->arena, "%s%02x", path, bytes[i]);
    return vl_arena_printf(handing->arena, "%s/%s", path, vl_render_phone_file_name(handing->arena, phone));
}

static int make_files(struct handing *handing, struct vl_provision_file *files)
{
    const struct vl_run *run = handing->run;

    for (size_t i = 0; i < handing->count; i++) {
        struct called *called = &handing->called[i];

        called->file = &files[i];
        files[i].text =
            vl_render_phone(handing->arena, run->session->lab, &run->session->state, called->phone, run->err);
        files[i].path = make_path(handing, called->phone);
        if (!files[i].text || !files[i].path)
            return -1;
    }
    return 0;
}

/* What the phone is to ask for: our server, or the TFTP server of this host. */
static void make_urls(struct handing *handing, uint32_t address, const struct vl_provision *provision)
{
    const char *host = vl_text_from_ipv4(handing->arena, address);

    for (size_t i = 0; i < handing->count; i++) {
        struct called *called = &handing->called[i];

        called->url = provision ? vl_arena_printf(handing->arena, "http://%s:%u%s", host, vl_provision_port(provision),
                                                  called->file->path)
                                : vl_arena_printf(handing->arena, "tftp://%s/%s", host,
                                                  vl_render_phone_file_name(handing->arena, called->phone));
    }
}

static const char *resync_url(const struct handing *handing, const struct called *called)
{
    return vl_arena_printf(handing->arena, "http://%s%s", vl_text_from_ipv4(handing->arena, called->address),
                           vl_render_phone_resync_path(handing->arena, called->phone, called->url));
}

static bool is_cancelled(void *context)
{
    return vl_session_cancelled(context);
}

/* Tell one phone to fetch its profile. */
static int ask(const struct handing *handing, const struct called *called, struct vl_error *err)
{
    static const char *const argv[] = { "curl", "-q", "--config", "-", NULL };
    struct vl_session *session = handing->run->session;
    VL_BUF_AUTO input = VL_BUF_INIT;

    vl_buf_printf(&input, "url = \"%s\"\nuser = \"%s:%s\"\n", resync_url(handing, called), called->phone->model->admin,
                  vl_state_secret(&session->state, "admin/%s", called->phone->name));
    vl_buf_puts(&input, "digest\ngloboff\nfail\nsilent\nshow-error\nnoproxy = \"*\"\nproto = \"=http\"\n"
                        "connect-timeout = 5\nmax-time = 20\nmax-filesize = 65536\noutput = \"/dev/null\"\n");
    if (input.failed)
        return vl_no_memory(err);
    if (vl_process_check(argv,
                         &(struct vl_process_options){ .input = vl_buf_text(&input),
                                                       .timeout_ms = ASK_TIMEOUT_MS,
                                                       .cancelled = is_cancelled,
                                                       .cancelled_context = session },
                         NULL, err) == 0)
        return 0;
    if (strstr(vl_error_text(err), "error: 401"))
        return vl_fail(err, VL_ERROR_REFUSED,
                       "the phone has another password: set it to the lab's on its web page, or put the phone's into "
                       "the lab file as `password`");
    return vl_error_wrap(err, "cannot ask %s", vl_text_from_ipv4(handing->arena, called->address));
}

static void ask_all(struct handing *handing)
{
    struct vl_session *session = handing->run->session;

    for (size_t i = 0; i < handing->count && !vl_session_cancelled(session); i++) {
        struct called *called = &handing->called[i];
        VL_ERROR_AUTO err = { .code = VL_OK };

        called->asked = ask(handing, called, &err) == 0;
        if (called->asked) {
            vl_session_event(session, VOIPLAB_EVENT_STEP, called->phone->name, "asked at %s to fetch its profile",
                             vl_text_from_ipv4(handing->arena, called->address));
            continue;
        }
        called->failed = true;
        called->awaited = false;
        vl_session_event(session, VOIPLAB_EVENT_WARNING, called->phone->name, "%s", vl_error_text(&err));
    }
}

/* Which are still awaited; the others are told as they come. */
static size_t count_awaited(const struct handing *handing)
{
    size_t left = 0;

    for (size_t i = 0; i < handing->count; i++) {
        struct called *called = &handing->called[i];

        if (called->awaited && called->file->fetched) {
            called->awaited = false;
            vl_session_event(handing->run->session, VOIPLAB_EVENT_STEP, called->phone->name, "profile fetched by %s",
                             vl_text_from_ipv4(handing->arena, called->file->fetched_by));
        }
        left += called->awaited;
    }
    return left;
}

/* Until every profile is fetched, the time is over or somebody interrupts. */
static int wait_for_all(const struct handing *handing, struct vl_provision *provision)
{
    const struct vl_run *run = handing->run;
    long long deadline = vl_now_ms() + (long long)run->request->parameters.phone->serve_s * 1000;

    while (count_awaited(handing) && vl_now_ms() < deadline && !vl_session_cancelled(run->session))
        if (vl_provision_look(provision, LOOK_MS, run->err) < 0)
            return -1;
    for (size_t i = 0; i < handing->count; i++) {
        struct called *called = &handing->called[i];

        if (!called->awaited)
            continue;
        called->failed = true;
        vl_session_event(run->session, VOIPLAB_EVENT_WARNING, called->phone->name,
                         "its profile was not fetched; the address that it was served at is gone");
    }
    return 0;
}

static int serve(struct handing *handing, uint32_t address)
{
    const struct vl_run *run = handing->run;
    struct vl_provision_file *files = vl_arena_zalloc(handing->arena, handing->count * sizeof(*files));
    VL_PROVISION_AUTO *provision = NULL;

    if (!files)
        return vl_no_memory(run->err);
    if (make_files(handing, files) < 0)
        return -1;
    provision = vl_provision_open(address, files, handing->count, run->err);
    if (!provision)
        return vl_error_wrap(run->err, "%s", vl_text_from_ipv4(handing->arena, address));
    make_urls(handing, address, provision);
    for (size_t i = 0; i < handing->count; i++) {
        handing->called[i].awaited = true;
        vl_session_event(run->session, VOIPLAB_EVENT_STEP, handing->called[i].phone->name, "%s",
                         handing->called[i].url);
    }
    if (run->request->parameters.phone->resync)
        ask_all(handing);
    return wait_for_all(handing, provision);
}

/* Serve and ask, as the request says. */
static int hand_out(struct handing *handing)
{
    const struct vl_run *run = handing->run;
    uint32_t address;

    if (!run->request->parameters.phone->serve_s && !run->request->parameters.phone->resync)
        return 0;
    if (own_address(&run->session->lab->bridge, &address, run->err) < 0)
        return -1;
    if (run->request->parameters.phone->serve_s)
        return serve(handing, address);
    make_urls(handing, address, NULL);
    ask_all(handing);
    return 0;
}

/* Where its profile is written. */
static const char *profile_path(const struct handing *handing, const struct called *called)
{
    const char *output = handing->run->request->parameters.phone->output;
    const char *file = vl_render_phone_file_name(handing->arena, called->phone);

    return output ? vl_arena_printf(handing->arena, "%s/%s", output, file)
                  : vl_arena_printf(handing->arena, "%s/phones/%s", handing->run->session->state.directory, file);
}

/* By hand a profile is handed out by a web server, in a directory whose name nobody can guess. */
static void note_serving(const struct handing *handing, const char *address, struct vl_buf *out)
{
    vl_buf_printf(out,
                  "### Hand the profiles out over HTTP, for %u seconds\n\nWhy: a profile has the passwords of its "
                  "telephone, so where it is fetched cannot be guessed, and is gone afterwards.\n\n```sh\n"
                  "served=$(mktemp -d) && secret=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n') && mkdir "
                  "\"$served/$secret\"\n",
                  handing->run->request->parameters.phone->serve_s);
    for (size_t i = 0; i < handing->count; i++) {
        vl_shell_words(out, (const char *const[]){ "cp", profile_path(handing, &handing->called[i]), NULL });
        vl_buf_puts(out, " \"$served/$secret/\"\n");
    }
    vl_buf_printf(out,
                  "(cd / && timeout %u python3 -m http.server --bind %s --directory \"$served\" " SERVED_PORT
                  "; rm -r \"$served\") &\nsleep 1\n",
                  handing->run->request->parameters.phone->serve_s, address);
    for (size_t i = 0; i < handing->count; i++)
        vl_buf_printf(out, "echo \"%s: %s\"\n", handing->called[i].phone->name, handing->called[i].url);
    vl_buf_puts(out, "```\n\nEach telephone that fetches its profile has a line with `GET` and `200`.\n\n");
}

/* What curl is told in ask(), typed. */
static void note_asking(const struct handing *handing, const struct called *called, struct vl_buf *out)
{
    const struct voiplab_request *request = handing->run->request;

    vl_buf_printf(out,
                  "### Ask %s to fetch its profile\n\nWhy: it fetches one when it starts, or when it is told to by its "
                  "own web page.\n\n```sh\ncurl -q --config - <<EOF\nurl = \"%s\"\nuser = \"%s:%s\"\ndigest\n"
                  "globoff\nfail\nsilent\nshow-error\nnoproxy = \"*\"\noutput = \"/dev/null\"\nEOF\n```\n\n",
                  called->phone->name, resync_url(handing, called), called->phone->model->admin,
                  request->show_secrets
                      ? vl_state_secret(&handing->run->session->state, "admin/%s", called->phone->name)
                      : "••••");
    if (!request->parameters.phone->serve_s)
        vl_buf_printf(
            out,
            "The TFTP server of this host has to hand out %s; seen by\n\n```console\n# curl -s -o /dev/null %s "
            "&& echo there\nthere\n```\n\n",
            profile_path(handing, called), called->url);
}

/* What would happen after the plan, for a dry run. */
static int foretell(struct handing *handing)
{
    const struct vl_run *run = handing->run;
    const struct voiplab_request *request = run->request;
    const struct vl_bridge *bridge = &run->session->lab->bridge;
    bool serves = request->parameters.phone->serve_s, note = request->mode == VOIPLAB_EXPLAIN;
    const char *address = bridge->address ? vl_text_from_ipv4(handing->arena, bridge->address) : "ADDRESS";
    VL_BUF_AUTO text = VL_BUF_INIT;

    if (!serves && !request->parameters.phone->resync)
        return 0;
    vl_buf_printf(&text, "%s%s\n", run->result->text, note ? "\n## Then, on this host\n" : "then:");
    for (size_t i = 0; i < handing->count; i++)
        handing->called[i].url =
            vl_arena_printf(handing->arena,
                            !serves ? "tftp://%s/%s"
                            : note  ? "http://%s:" SERVED_PORT "/$secret/%s"
                                    : "http://%s:PORT/RANDOM/%s",
                            address, vl_render_phone_file_name(handing->arena, handing->called[i].phone));
    if (serves && note)
        note_serving(handing, address, &text);
    for (size_t i = 0; i < handing->count; i++) {
        const struct called *called = &handing->called[i];

        if (serves && !note)
            vl_buf_printf(&text, "- %s: serve %s once, for at most %u s\n", called->phone->name, called->url,
                          request->parameters.phone->serve_s);
        if (request->parameters.phone->resync && note)
            note_asking(handing, called, &text);
        else if (request->parameters.phone->resync)
            vl_buf_printf(&text, "- %s: ask %s as %s\n", called->phone->name, resync_url(handing, called),
                          called->phone->model->admin);
    }
    if (text.failed)
        return vl_no_memory(run->err);
    run->result->text = vl_arena_strdup(&run->result->arena, vl_buf_text(&text));
    return 0;
}

/* What became of one, in a word. */
static const char *outcome(const struct handing *handing, const struct called *called)
{
    if (called->file)
        return called->file->fetched ? "fetched" : "not fetched";
    if (handing->run->request->parameters.phone->resync)
        return called->asked ? "asked" : "not asked";
    return "written";
}

static void make_table(const struct handing *handing)
{
    struct voiplab_result *result = handing->run->result;

    vl_result_headings(result, "PHONE", "MODEL", "PBX", "EXTENSION", "FILE", "PROFILE", NULL);
    for (size_t i = 0; i < handing->count; i++) {
        const struct called *called = &handing->called[i];
        const struct vl_phone *phone = called->phone;
        const char *extensions = phone->extensions[0];

        for (size_t j = 1; phone->extensions[j]; j++)
            extensions = vl_arena_printf(handing->arena, "%s, %s", extensions, phone->extensions[j]);
        vl_result_row(result, (const char *const[VL_RESULT_COLUMNS]){
                                  phone->name, phone->model->name, phone->pbx->name, extensions,
                                  vl_render_phone_file_name(handing->arena, phone), outcome(handing, called) });
    }
    vl_result_table_json(result, "phones");
}

static int verdict(const struct handing *handing, size_t changed)
{
    const struct vl_run *run = handing->run;
    size_t failed = 0;

    for (size_t i = 0; i < handing->count; i++)
        failed += handing->called[i].failed;
    make_table(handing);
    vl_json_bool(run->result->document, "changed", changed > 0);
    if (changed)
        vl_result_summary(run->result, "%zu step%s taken; %zu profile%s", changed, vl_plural(changed), handing->count,
                          vl_plural(handing->count));
    else
        vl_result_summary(run->result, "nothing to do; %zu profile%s", handing->count, vl_plural(handing->count));
    if (vl_session_cancelled(run->session))
        return vl_fail(run->err, VL_ERROR_FAILED, "cancelled; the profiles are written, and served no more");
    if (!failed)
        return 0;
    return vl_fail(run->err, failed < handing->count ? VL_ERROR_PARTIAL : VL_ERROR_FAILED,
                   "%zu of %zu phone%s not fetched the profile; the lines above say why", failed, handing->count,
                   handing->count == 1 ? " has" : "s have");
}

int vl_run_phone(const struct vl_run *run)
{
    VL_PLAN_AUTO plan = { .count = 0 };
    VL_ARENA_AUTO arena = { .blocks = NULL };
    struct handing handing = { .run = run, .arena = &arena };
    size_t changed = 0;
    int rc;

    if (call_up(&handing) < 0 || vl_stage_state(run->session, &plan, run->err) < 0 ||
        vl_stage_phones(run->session, run->request->names, run->request->parameters.phone->output, &plan, run->err) < 0)
        return -1;
    if (vl_run_is_dry(run)) {
        rc = vl_run_show_plan(run, &plan);
        return foretell(&handing) < 0 ? -1 : rc;
    }
    if (vl_run_apply_plan(run, &plan, "/", &changed) < 0)
        return -1;
    vl_run_unlock(run);
    if (hand_out(&handing) < 0)
        return -1;
    return verdict(&handing, changed);
}
