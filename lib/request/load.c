/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "request/load.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/own.h"
#include "base/text.h"

enum { DEFAULT_RATE = 10, DEFAULT_CALLS = 100, DEFAULT_HOLD_MS = 3000, SPARE_S = 60, CALLERS_LIMIT = 1 << 20 };
enum { TRIAL_FROM = 10 }; /* calls: fewer are soon made */

#define NOBODY "voiplab" /* who calls where no account is known */

struct making {
    const struct vl_run *run;
    const struct voiplab_sipp *asked;
    struct vl_arena *arena;
};

/* The address of this host that packets to `address` are sent from; 0: there is no way. */
static uint32_t source_of(uint32_t address)
{
    VL_CLOSE int descriptor = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in name = { .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(address) };
    socklen_t length = sizeof(name);

    if (descriptor < 0 || connect(descriptor, (const struct sockaddr *)&name, sizeof(name)) < 0 ||
        getsockname(descriptor, (struct sockaddr *)&name, &length) < 0)
        return 0;
    return ntohl(name.sin_addr.s_addr);
}

/* A target that is no PBX of the lab, called from the address of this host that leads there. */
static int set_outside(const struct making *making, struct vl_load_asked *asked, uint32_t address, const char *caller)
{
    struct vl_pbx *target = vl_arena_zalloc(making->arena, sizeof(*target));
    uint32_t source = source_of(address);

    if (!target)
        return vl_no_memory(making->run->err);
    if (!source)
        return vl_fail(making->run->err, VL_ERROR_FAILED, "there is no way from this host to '%s'",
                       vl_text_from_ipv4(making->arena, address));
    target->name = vl_arena_strdup(making->arena, making->asked->target);
    target->address = address;
    asked->load.target = target;
    asked->load.caller = caller;
    asked->options.local_address = vl_text_from_ipv4(making->arena, source);
    asked->foreign = true;
    return 0;
}

static int set_foreign(const struct making *making, struct vl_load_asked *asked)
{
    const char *text = making->asked->target, *colon = strchr(text, ':');
    char *host = vl_arena_strndup(making->arena, text, colon ? (size_t)(colon - text) : strlen(text));
    long port = 0;
    uint32_t address;

    if (!host || !vl_text_ipv4(host, &address) || (colon && !vl_text_number(colon + 1, 1, 65535, &port)))
        return vl_fail(making->run->err, VL_ERROR_USAGE,
                       "'%s' is neither a PBX nor a provider of this lab, nor ADDRESS or ADDRESS:PORT", text);
    asked->options.port = (unsigned)port;
    return set_outside(making, asked, address, NOBODY);
}

/* The hub's own account there is who calls, when it has one. */
static int set_provider(const struct making *making, struct vl_load_asked *asked, const struct vl_provider *provider)
{
    const struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_DGRAM };
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(provider->host, NULL, &hints, &found);
    uint32_t address = 0;

    if (rc == 0)
        address = ntohl(((const struct sockaddr_in *)(const void *)found->ai_addr)->sin_addr.s_addr);
    if (found)
        freeaddrinfo(found);
    if (rc)
        return vl_fail(making->run->err, VL_ERROR_FAILED, "the host '%s' of provider '%s' has no address: %s",
                       provider->host, provider->name, gai_strerror(rc));
    asked->provider = provider->username ? provider : NULL;
    return set_outside(making, asked, address, provider->username ? provider->username : NOBODY);
}

static const struct vl_provider *provider_of(const struct vl_lab *lab, const char *name)
{
    for (size_t i = 0; i < lab->provider_count; i++)
        if (!strcmp(lab->providers[i].name, name))
            return &lab->providers[i];
    return NULL;
}

static bool is_same(const char *number, const char *other)
{
    return other && !strcmp(number, other);
}

/* The telephone that is to answer, over what the lab file says, was the one that calls. */
static void set_another_caller(const struct making *making, struct vl_load_asked *asked)
{
    const char *other = vl_lab_first_telephone(making->run->session->lab, asked->load.target, asked->load.answer);

    asked->load.caller = other ? other : asked->load.caller;
}

static int set_target(const struct making *making, struct vl_load_asked *asked)
{
    const struct vl_lab *lab = making->run->session->lab;
    const struct vl_pbx *pbx = vl_lab_pbx(lab, making->asked->target);
    const char *telephone = pbx ? vl_lab_first_telephone(lab, pbx, asked->load.answer) : NULL;
    const struct vl_provider *provider = pbx ? NULL : provider_of(lab, making->asked->target);

    if (provider)
        return set_provider(making, asked, provider);
    if (!pbx)
        return set_foreign(making, asked);
    asked->load.target = pbx;
    asked->load.caller = telephone ? telephone : NOBODY;
    asked->load.extension = pbx->test_number ? pbx->test_number : asked->load.extension;
    return 0;
}

static const char *secret_of(const struct making *making, const struct vl_load_asked *asked, const char *number)
{
    if (asked->provider)
        return vl_state_secret(&making->run->session->state, "provider/%s", asked->provider->name);
    return asked->foreign || !strcmp(number, NOBODY)
               ? NULL
               : vl_run_telephone_secret(making->run->session, asked->load.target, number);
}

static int add_caller(const struct making *making, struct vl_load_asked *asked, const char *number, const char *secret)
{
    struct vl_sipp_options *options = &asked->options;
    struct vl_sipp_caller *grown =
        vl_arena_grow(making->arena, options->callers, options->caller_count, sizeof(*grown));

    if (!grown)
        return vl_no_memory(making->run->err);
    grown[options->caller_count++] = (struct vl_sipp_caller){ .number = number, .secret = secret };
    options->callers = grown;
    return 0;
}

static int add_all(const struct making *making, struct vl_load_asked *asked)
{
    const struct vl_lab *lab = making->run->session->lab;
    const struct vl_pbx *pbx = asked->load.target;
    int rc = 0;

    for (size_t i = 0; rc == 0 && pbx->extensions && pbx->extensions[i]; i++)
        if (!is_same(pbx->extensions[i], asked->load.answer))
            rc = add_caller(making, asked, pbx->extensions[i], secret_of(making, asked, pbx->extensions[i]));
    for (size_t i = 0; rc == 0 && pbx == lab->hub && i < lab->user_count; i++)
        if (!lab->users[i].dahdi && !is_same(lab->users[i].number, asked->load.answer))
            rc = add_caller(making, asked, lab->users[i].number, secret_of(making, asked, lab->users[i].number));
    if (rc == 0 && !asked->options.caller_count)
        return vl_fail(making->run->err, VL_ERROR_USAGE, "'%s' has no telephones to be", pbx->name);
    return rc;
}

/* NUMBER;SECRET, a line each. */
static int add_from_file(const struct making *making, struct vl_load_asked *asked)
{
    struct vl_error *err = making->run->err;
    VL_FREE char *text = NULL;
    const char *const *lines;
    int rc = 0;

    if (vl_own_read(making->asked->callers, CALLERS_LIMIT, VL_OWN_SECRET, &text, NULL, err) < 0)
        return -1;
    lines = vl_text_split(making->arena, text, "\r\n");
    for (int i = 0; rc == 0 && lines[i]; i++) {
        const char *secret = strchr(lines[i], ';');

        if (!secret)
            return vl_fail_at(err, VL_ERROR_USAGE, making->asked->callers, i + 1, "a line is NUMBER;SECRET");
        rc = add_caller(making, asked, vl_arena_strndup(making->arena, lines[i], (size_t)(secret - lines[i])),
                        secret[1] ? secret + 1 : NULL);
    }
    if (rc == 0 && !asked->options.caller_count)
        return vl_fail_at(err, VL_ERROR_USAGE, making->asked->callers, 0, "it has no line");
    return rc;
}

static int set_callers(const struct making *making, struct vl_load_asked *asked)
{
    const char *callers = making->asked->callers;

    if (!callers)
        return add_caller(making, asked, asked->load.caller, secret_of(making, asked, asked->load.caller));
    return strcmp(callers, "all") == 0 ? add_all(making, asked) : add_from_file(making, asked);
}

static int refuse_scenario(const struct making *making, const char *name)
{
    VL_BUF_AUTO list = VL_BUF_INIT;

    for (const struct vl_scenario *row = vl_scenarios; row->name; row++)
        vl_buf_printf(&list, "%s%s", row == vl_scenarios ? "" : ", ", row->name);
    return vl_fail(making->run->err, VL_ERROR_USAGE,
                   "there is no scenario '%s', but these: %s; a file is named by its path, as in ./%s", name,
                   vl_buf_text(&list), name);
}

static int set_scenario(const struct making *making, struct vl_load_asked *asked)
{
    const char *name = making->asked->scenario;
    struct vl_sipp_options *options = &asked->options;

    if (name && strchr(name, '/')) {
        options->scenario_text = vl_scenario_read(making->arena, name, making->run->err);
        options->scenario_name = strrchr(name, '/') + 1;
        return options->scenario_text ? vl_run_load_keys(making->run, making->arena, asked) : -1;
    }
    options->scenario = name ? vl_scenario_find(name) : &vl_scenarios[0];
    if (!options->scenario)
        return refuse_scenario(making, name);
    if (vl_run_load_keys(making->run, making->arena, asked) < 0)
        return -1;
    options->scenario_text =
        vl_run_scenario(making->run, making->arena, options->scenario, options->keys ? strlen(options->keys) : 0);
    return options->scenario_text ? 0 : -1;
}

/* What the request says over what the lab file says. */
static void set_figures(const struct making *making, struct vl_load *load)
{
    const struct voiplab_sipp *asked = making->asked;
    bool changed = asked->rate || asked->calls || asked->hold_s;

    load->rate = asked->rate ? asked->rate : load->rate;
    load->calls = asked->calls ? asked->calls : load->calls;
    load->hold_ms = asked->hold_s ? asked->hold_s * 1000 : load->hold_ms;
    load->concurrent = asked->concurrent ? asked->concurrent : load->concurrent;
    if (asked->extension)
        load->extension = vl_arena_strdup(making->arena, asked->extension);
    else if (load->answer && (asked->answer || asked->target)) /* over the number of the lab file's target */
        load->extension = load->answer;
    if (changed || !load->timeout_s)
        load->timeout_s = load->calls / load->rate + load->hold_ms / 1000 + SPARE_S;
}

static int make(const struct making *making, const struct vl_load *given, struct vl_load_asked *asked)
{
    const struct vl_session *session = making->run->session;

    asked->load = *given;
    if (making->asked->answer)
        asked->load.answer = vl_arena_strdup(making->arena, making->asked->answer);
    asked->options = (struct vl_sipp_options){
        .work_directory = session->state.directory,
        .local_address = vl_text_from_ipv4(making->arena, session->lab->bridge.address),
        .tcp = making->asked->tcp,
    };
    if (making->asked->target && set_target(making, asked) < 0)
        return -1;
    if (making->asked->answer && !making->asked->target && is_same(asked->load.caller, asked->load.answer))
        set_another_caller(making, asked);
    set_figures(making, &asked->load);
    if (!asked->load.extension)
        return vl_fail(making->run->err, VL_ERROR_USAGE,
                       "'%s' has no number of its own to be called: say which with --number", asked->load.target->name);
    asked->options.load = &asked->load;
    asked->options.trial = !making->asked->untried && asked->load.calls >= TRIAL_FROM;
    if (set_callers(making, asked) < 0 || set_scenario(making, asked) < 0 ||
        vl_run_load_far(making->run, making->arena, asked) < 0)
        return -1;
    return vl_arena_check(making->arena, making->run->err);
}

const char *vl_run_scenario_name(const struct vl_sipp_options *options)
{
    return options->scenario ? options->scenario->name : options->scenario_name;
}

static int check_names(const struct vl_run *run)
{
    const struct vl_lab *lab = run->session->lab;
    const char **known = vl_arena_zalloc(&run->result->arena, (lab->load_count + 1) * sizeof(*known));

    if (!known)
        return vl_no_memory(run->err);
    for (size_t i = 0; i < lab->load_count; i++)
        known[i] = lab->loads[i].name;
    return vl_run_check_names(run, "load", known);
}

int vl_run_loads(const struct vl_run *run, struct vl_arena *arena, struct vl_load_asked **ret_loads, size_t *ret_count)
{
    const struct vl_lab *lab = run->session->lab;
    const struct making making = { .run = run, .asked = run->request->parameters.sipp, .arena = arena };
    const struct vl_load bare = {
        .name = "load", .rate = DEFAULT_RATE, .calls = DEFAULT_CALLS, .hold_ms = DEFAULT_HOLD_MS
    };
    struct vl_load_asked *loads = vl_arena_zalloc(arena, (lab->load_count + 1) * sizeof(*loads));
    size_t count = 0;

    if (!loads)
        return vl_no_memory(run->err);
    if (lab->load_count == 0 && !making.asked->target)
        return vl_fail_at(run->err, VL_ERROR_LAB, lab->file, 1,
                          "the lab has no [load] section; [load NAME] describes calls, see voiplab-lab(5), or say "
                          "--target");
    if (check_names(run) < 0)
        return -1;
    for (size_t i = 0; i < lab->load_count; i++)
        if (vl_session_wanted(run->request->names, lab->loads[i].name) &&
            make(&making, &lab->loads[i], &loads[count++]) < 0)
            return -1;
    if (!lab->load_count && make(&making, &bare, &loads[count++]) < 0)
        return -1;
    /* what each SIPp works with stands there, also when this is the lab's first command */
    if (!vl_run_is_dry(run) && run->request->mode != VOIPLAB_EXPLAIN &&
        vl_own_mkdirs(run->session->state.directory, 0700, run->err) < 0)
        return -1;
    *ret_loads = loads;
    *ret_count = count;
    return 0;
}
