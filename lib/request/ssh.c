/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ssh: the lab as ssh(1) and scp(1) want it told, in two files of its state, and the command line that logs in by them.
 * The program is the caller's to run: whoever sits at the terminal talks to ssh, not to us.
 */
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "machine/ssh_profile.h"
#include "request/request.h"

enum { KEY_LIMIT = 65536 };

/* A path of ssh_config(5), which stands in quotes there; ssh fills in what follows '%' and '$'. In a cell of a table it
 * has to be what it is, too. */
static int check_path(const char *path, struct vl_error *err)
{
    for (const char *p = path; *p; p++)
        if (*p < ' ' || *p > '~' || strchr("\"\\%$", *p))
            return vl_fail(err, VL_ERROR_FAILED,
                           "the path '%s' has a character that ssh_config(5) has no way to write; choose another one, "
                           "with --state or with sshkey in the lab file",
                           path);
    return 0;
}

/* The host key of a PBX, or NULL when it has none yet. In the arena. */
static const char *host_key(const struct vl_session *session, struct vl_arena *arena, const struct vl_pbx *pbx)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;

    if (pbx->hostkey)
        return pbx->hostkey;
    if (vl_file_read(
            vl_arena_printf(arena, "%s/ssh/%s_host_%s.pub", session->state.directory, pbx->name, vl_pbx_key_type(pbx)),
            KEY_LIMIT, &text, NULL, &ignored) < 0)
        return NULL;
    return vl_arena_strdup(arena, vl_text_strip(text));
}

/* The file of the private key; NULL: ssh-agent has it, or there is none but a password. ssh(1) is not run where the lab
 * file lies: its path has to be a whole one. */
static const char *key_path(const struct vl_session *session, struct vl_arena *arena, const struct vl_pbx *pbx)
{
    VL_FREE char *real = NULL;

    if (pbx->sshkey && strcmp(pbx->sshkey, VL_SSH_AGENT) == 0)
        return NULL;
    if (!pbx->sshkey)
        return vl_arena_printf(arena, "%s/ssh/lab_%s", session->state.directory, vl_pbx_key_type(pbx));
    real = realpath(pbx->sshkey, NULL);
    return vl_arena_strdup(arena, real ? real : pbx->sshkey);
}

static bool has_key(const struct vl_pbx *pbx)
{
    return pbx->sshkey || !pbx->password_file;
}

static int check_known(const struct vl_run *run, const struct vl_pbx *pbx, const char *hostkey)
{
    if (hostkey)
        return 0;
    if (pbx->place == VL_PLACE_SSH)
        return vl_fail(run->err, VL_ERROR_FAILED,
                       "the host key of '%s' is not known; 'voiplab trust %s' shows it and writes it into the lab file",
                       pbx->name, pbx->name);
    return vl_fail(run->err, VL_ERROR_FAILED, "the host key of '%s' is not made yet; 'voiplab up' makes it", pbx->name);
}

/* That ssh would get in, as far as it can be told from here. */
static int check_keys(const struct vl_run *run, const struct vl_pbx *pbx)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *key = has_key(pbx) ? key_path(run->session, &arena, pbx) : NULL;

    if (check_known(run, pbx, host_key(run->session, &arena, pbx)) < 0)
        return -1;
    if (pbx->jump && pbx->jump->host && !pbx->jump->hostkey)
        return vl_fail(run->err, VL_ERROR_FAILED,
                       "the host key of '%s', the proxy-jump of '%s', is not known; 'voiplab trust %s' shows it and "
                       "writes it into the lab file",
                       pbx->jump->host, pbx->name, pbx->name);
    if (key && !vl_file_exists(key) && pbx->sshkey)
        return vl_fail(run->err, VL_ERROR_FAILED, "there is no key '%s'; it is the sshkey of the lab file", key);
    if (key && !vl_file_exists(key))
        return vl_fail(run->err, VL_ERROR_FAILED, "the lab has no SSH key yet; 'voiplab up' makes it");
    return pbx->jump && pbx->jump->pbx ? check_keys(run, pbx->jump->pbx) : 0;
}

static void add_known(struct vl_buf *known, const char *host, unsigned port, const char *key)
{
    if (key && port == 22)
        vl_buf_printf(known, "%s %s\n", host, key);
    else if (key)
        vl_buf_printf(known, "[%s]:%u %s\n", host, port, key);
}

/* What the PBX is logged in to with. Without IdentityFile ssh would offer the keys of whoever sits there, and those of
 * an agent only when it is meant. */
static int add_key(const struct vl_run *run, struct vl_arena *arena, const struct vl_pbx *pbx, bool jump,
                   struct vl_buf *config)
{
    const char *key = has_key(pbx) || jump ? key_path(run->session, arena, pbx) : NULL;

    if (key && check_path(key, run->err) < 0)
        return -1;
    if (key)
        vl_buf_printf(config, "    IdentityFile \"%s\"\n", key);
    else if (has_key(pbx) || jump)
        vl_buf_puts(config, "    IdentitiesOnly no\n    IdentityFile none\n");
    if (pbx->password_file && !jump)
        vl_buf_printf(config, "    PreferredAuthentications %spassword,keyboard-interactive\n",
                      has_key(pbx) ? "publickey," : "");
    return 0;
}

/* The host that [pbx] proxy-jump names when it is none of the lab's. No PBX has a dot in its name. */
static int add_jump(const struct vl_run *run, struct vl_arena *arena, const struct vl_pbx *pbx, struct vl_buf *config,
                    struct vl_buf *known)
{
    const struct vl_ssh_jump *jump = pbx->jump;

    if (!jump)
        return 0;
    vl_buf_printf(config, "    ProxyJump %s%s\n", jump->pbx ? jump->pbx->name : pbx->name, jump->pbx ? "" : ".jump");
    if (jump->pbx)
        return 0;
    vl_buf_printf(config, "\nHost %s.jump\n    HostName %s\n    Port %u\n    User %s\n%s", pbx->name, jump->host,
                  jump->port, jump->user, vl_ssh_profile(NULL)->config);
    add_known(known, jump->host, jump->port, jump->hostkey);
    return add_key(run, arena, pbx, true, config);
}

static int add_host(const struct vl_run *run, struct vl_arena *arena, const struct vl_pbx *pbx, struct vl_buf *config,
                    struct vl_buf *known)
{
    const char *address = vl_text_from_ipv4(arena, pbx->address);

    vl_buf_printf(config, "\nHost %s\n    HostName %s\n    Port %u\n    User %s\n", pbx->name, address, pbx->ssh_port,
                  pbx->ssh_user);
    if (add_key(run, arena, pbx, false, config) < 0)
        return -1;
    vl_buf_puts(config, vl_ssh_profile(pbx->ssh)->config);
    add_known(known, address, pbx->ssh_port, host_key(run->session, arena, pbx));
    return add_jump(run, arena, pbx, config, known);
}

/* No key is offered but those that the lab file names, and no host key is taken but those: neither is asked about. */
static void add_rest(struct vl_buf *config, const char *known_hosts)
{
    vl_buf_printf(config,
                  "\nHost *\n    IdentitiesOnly yes\n    PreferredAuthentications publickey\n"
                  "    StrictHostKeyChecking yes\n    UpdateHostKeys no\n    UserKnownHostsFile \"%s\"\n"
                  "    GlobalKnownHostsFile /dev/null\n",
                  known_hosts);
}

static int plan_files(const struct vl_run *run, struct vl_plan *plan, const char *directory, const char *config,
                      const char *known)
{
    struct vl_file files[] = {
        { .path = vl_arena_printf(&plan->arena, "%s/known_hosts", directory),
          .mode = 0644,
          .text = known,
          .why = "the host keys of the PBXs, so that ssh never asks whether to believe one" },
        { .path = vl_arena_printf(&plan->arena, "%s/config", directory),
          .mode = 0600,
          .text = config,
          .why = "where the PBXs are and with which key to log in, for 'ssh -F' and 'scp -F'" },
    };
    const struct vl_fileset set = { .files = files, .count = VL_COUNT(files) };
    VL_TARGET_AUTO *host = vl_target_local("/", run->err);

    if (!host)
        return -1;
    vl_plan_add_directory(plan, run->session->state.directory, 0700,
                          "what the lab must remember, readable by root only");
    vl_plan_add_directory(plan, directory, 0700, "the SSH keys of the lab");
    return vl_plan_files(plan, host, VL_THIS_HOST, &set, 0, false, run->err);
}

/* Write the two files, or show them. */
static int see_to_files(const struct vl_run *run, const char *directory)
{
    const struct vl_lab *lab = run->session->lab;
    VL_PLAN_AUTO plan = { .count = 0 };
    VL_BUF_AUTO config = VL_BUF_INIT;
    VL_BUF_AUTO known = VL_BUF_INIT;
    const char *known_hosts = vl_arena_printf(&plan.arena, "%s/known_hosts", directory);
    size_t changed = 0;

    if (check_path(known_hosts, run->err) < 0)
        return -1;
    vl_buf_printf(&config,
                  "# The PBXs of the lab '%s', as 'voiplab ssh' writes it. For ssh(1) and scp(1): -F %s/config\n",
                  lab->name, directory);
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (lab->pbxs[i].place != VL_PLACE_LOCAL && add_host(run, &plan.arena, &lab->pbxs[i], &config, &known) < 0)
            return -1;
    add_rest(&config, known_hosts);
    if (config.failed || known.failed)
        return vl_no_memory(run->err);
    if (plan_files(run, &plan, directory, vl_buf_text(&config), vl_buf_text(&known)) < 0)
        return -1;
    if (vl_run_is_dry(run))
        return vl_run_show_plan(run, &plan);
    return vl_run_apply_plan(run, &plan, "/", &changed);
}

void vl_run_begin_commands(const struct vl_run *run)
{
    vl_result_headings(run->result, "PBX", "COMMAND", "", "", "", "", "", "", "", "", NULL);
    run->result->columns = 2;
    vl_json_array(run->result->document, "commands");
}

void vl_run_add_command(const struct vl_run *run, const char *const *cells)
{
    struct vl_json *json = run->result->document;
    size_t count = 1;

    vl_json_object(json, NULL);
    vl_json_string(json, "pbx", cells[0]);
    vl_json_array(json, "argv");
    for (; cells[count]; count++)
        vl_json_string(json, NULL, cells[count]);
    vl_json_end(json);
    vl_json_end(json);
    run->result->columns = run->result->columns > count ? run->result->columns : count;
    vl_result_row(run->result, cells);
}

/* The PBX, then a word in each cell. */
static void add_row(const struct vl_run *run, const struct vl_pbx *pbx, const char *config, bool terminal,
                    const char *const *words)
{
    const char *cells[VL_RESULT_COLUMNS + 1] = { pbx->name };
    size_t count = 1;

    if (pbx->place != VL_PLACE_LOCAL) {
        const char *const ssh[] = { "ssh", "-F", config, terminal ? "-t" : pbx->name, terminal ? pbx->name : NULL };

        for (size_t i = 0; i < VL_COUNT(ssh) && ssh[i]; i++)
            cells[count++] = ssh[i];
    }
    for (; *words && count < VL_RESULT_COLUMNS; words++)
        cells[count++] = *words;
    vl_run_add_command(run, cells);
}

static bool is_wanted(const struct vl_run *run, const struct vl_pbx *pbx)
{
    return vl_session_wanted(run->request->names, pbx->name);
}

int vl_run_hand_over(const struct vl_run *run, bool terminal, const char *const *words)
{
    const struct vl_lab *lab = run->session->lab;
    const char *directory = vl_arena_printf(&run->result->arena, "%s/ssh", run->session->state.directory);
    const char *config = vl_arena_printf(&run->result->arena, "%s/config", directory);
    bool away = false;

    for (size_t i = 0; i < lab->pbx_count; i++) {
        if (!is_wanted(run, &lab->pbxs[i]) || lab->pbxs[i].place == VL_PLACE_LOCAL)
            continue;
        away = true;
        if (check_keys(run, &lab->pbxs[i]) < 0)
            return -1;
    }
    if (away && see_to_files(run, directory) < 0)
        return -1;
    vl_run_begin_commands(run);
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (is_wanted(run, &lab->pbxs[i]) && (*words || lab->pbxs[i].place != VL_PLACE_LOCAL))
            add_row(run, &lab->pbxs[i], config, terminal, words);
    vl_json_end(run->result->document);
    return 0;
}

int vl_run_ssh(const struct vl_run *run)
{
    static const char *const none[] = { NULL };
    const struct vl_lab *lab = run->session->lab;

    for (size_t i = 0; i < lab->pbx_count; i++)
        if (run->request->names && is_wanted(run, &lab->pbxs[i]) && lab->pbxs[i].place == VL_PLACE_LOCAL)
            return vl_fail(run->err, VL_ERROR_USAGE,
                           "'%s' is this host itself, where you are already: there is no SSH to it; run the command "
                           "without 'voiplab ssh %s'",
                           lab->pbxs[i].name, lab->pbxs[i].name);
    return vl_run_hand_over(run, false, none);
}
