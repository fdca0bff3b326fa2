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
    if (vl_file_read(vl_arena_printf(arena, "%s/ssh/%s_host_ed25519.pub", session->state.directory, pbx->name),
                     KEY_LIMIT, &text, NULL, &ignored) < 0)
        return NULL;
    return vl_arena_strdup(arena, vl_text_strip(text));
}

/* The file of the private key. ssh(1) is not run where the lab file lies: its path has to be a whole one. */
static const char *key_path(const struct vl_session *session, struct vl_arena *arena, const struct vl_pbx *pbx)
{
    VL_FREE char *real = NULL;

    if (pbx->place != VL_PLACE_SSH || !session->lab->sshkey)
        return vl_arena_printf(arena, "%s/ssh/lab_ed25519", session->state.directory);
    real = realpath(session->lab->sshkey, NULL);
    return vl_arena_strdup(arena, real ? real : session->lab->sshkey);
}

/* That ssh would get in, as far as it can be told from here. */
static int check_keys(const struct vl_run *run, const struct vl_pbx *pbx)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *key = key_path(run->session, &arena, pbx);

    if (!host_key(run->session, &arena, pbx))
        return vl_fail(run->err, VL_ERROR_FAILED, "the host key of '%s' is not made yet; 'voiplab up' makes it",
                       pbx->name);
    if (vl_file_exists(key))
        return 0;
    if (pbx->place == VL_PLACE_SSH && run->session->lab->sshkey)
        return vl_fail(run->err, VL_ERROR_FAILED, "there is no key '%s'; it is the sshkey of the lab file", key);
    return vl_fail(run->err, VL_ERROR_FAILED, "the lab has no SSH key yet; 'voiplab up' makes it");
}

static int add_host(const struct vl_run *run, struct vl_arena *arena, const struct vl_pbx *pbx, struct vl_buf *config,
                    struct vl_buf *known)
{
    const char *address = vl_text_from_ipv4(arena, pbx->address), *host = host_key(run->session, arena, pbx);
    const char *key = key_path(run->session, arena, pbx);

    if (check_path(key, run->err) < 0)
        return -1;
    vl_buf_printf(config, "\nHost %s\n    HostName %s\n    Port %u\n    User %s\n    IdentityFile \"%s\"\n", pbx->name,
                  address, pbx->ssh_port, pbx->ssh_user, key);
    if (host && pbx->ssh_port == 22)
        vl_buf_printf(known, "%s %s\n", address, host);
    else if (host)
        vl_buf_printf(known, "[%s]:%u %s\n", address, pbx->ssh_port, host);
    return 0;
}

/* Nothing but the lab's key is offered, and no host key but the lab's is taken: neither is asked about. */
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

/* A row: the PBX, then a word in each cell. */
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
    run->result->columns = run->result->columns > count ? run->result->columns : count;
    vl_result_row(run->result, cells);
    vl_json_object(run->result->document, NULL);
    vl_json_string(run->result->document, "pbx", pbx->name);
    vl_json_array(run->result->document, "argv");
    for (size_t i = 1; i < count; i++)
        vl_json_string(run->result->document, NULL, cells[i]);
    vl_json_end(run->result->document);
    vl_json_end(run->result->document);
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
    vl_result_headings(run->result, "PBX", "COMMAND", "", "", "", "", "", "", "", "", NULL);
    run->result->columns = 2;
    vl_json_array(run->result->document, "commands");
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
