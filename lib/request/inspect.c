/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * inspect: the accounts of a lab and what its PBXs were found to be, as its file and its state have them, nobody is
 * asked; and the labs of this host.
 */
#include <dirent.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/text.h"
#include "lab/flavor.h"
#include "request/request.h"

enum { TIME_BYTES = 32 };

/* One row. What does not apply is NULL. */
struct item {
    const char *kind, *name, *number, *server, *account;
    const char *secret;           /* its name in the state: "user/7000" */
    const char *given;            /* the secret, when the lab file has it */
    const struct vl_trunk *trunk; /* between guests, instead of these two */
    const char *voicemail;
    const char *found; /* what the PBX was found to be */
};

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct vl_secret *)a)->name, ((const struct vl_secret *)b)->name);
}

/* A secret that is neither in the state nor in the lab file was made by chance a moment ago, and is gone in another:
 * it is no one's. */
static const char *secret_cell(const struct vl_run *run, const struct item *item)
{
    const struct vl_state *state = &run->session->state;
    const struct vl_secret wanted = { .name = item->secret };
    struct vl_secret *const *found = item->secret ? tfind(&wanted, &state->by_name, compare_names) : NULL;

    if (state->shut && (item->trunk || item->secret))
        return "for root";
    if (item->trunk && !vl_state_trunk_secret_kept(state, item->trunk))
        return "not made yet";
    if (item->trunk)
        return run->request->show_secrets ? vl_state_trunk_secret(state, &run->result->arena, item->trunk).secret
                                          : "....";
    if (!found)
        return NULL;
    if ((*found)->fresh && !item->given)
        return "not made yet";
    return run->request->show_secrets ? (*found)->value : "....";
}

static void add(const struct vl_run *run, const struct item *item)
{
    vl_result_row(run->result, (const char *const[VL_RESULT_COLUMNS]){
                                   item->kind,
                                   item->name,
                                   item->number,
                                   item->server,
                                   item->account,
                                   secret_cell(run, item),
                                   item->voicemail,
                                   item->found,
                               });
}

/* The telephone on a desk that has this extension. */
static const struct vl_phone *phone_of(const struct vl_lab *lab, const struct vl_pbx *pbx, const char *extension)
{
    for (size_t i = 0; i < lab->phone_count; i++)
        for (size_t j = 0; lab->phones[i].pbx == pbx && lab->phones[i].extensions[j]; j++)
            if (!strcmp(lab->phones[i].extensions[j], extension))
                return &lab->phones[i];
    return NULL;
}

/* What a PBX is was found at the last run that reached it. */
static const char *found_cell(const struct vl_run *run, const struct vl_pbx *pbx)
{
    const struct vl_nature *nature = vl_state_nature(&run->session->state, pbx);

    if (run->session->state.shut)
        return "for root";
    return nature->seen ? vl_flavor_describe(&run->result->arena, nature) : "not seen yet";
}

static void add_pbx(const struct vl_run *run, const struct vl_pbx *pbx)
{
    struct vl_arena *arena = &run->result->arena;
    const struct vl_lab *lab = run->session->lab;
    bool account = pbx->account && lab->hub;

    add(run, &(struct item){
                 .kind = "PBX",
                 .name = pbx->name,
                 .number = pbx->prefix ? vl_arena_printf(arena, "%sXXX", pbx->prefix) : NULL,
                 .server = account ? vl_text_from_ipv4(arena, lab->hub->address) : NULL,
                 .account = account ? pbx->account : NULL,
                 .secret = account ? vl_arena_printf(arena, "sip/%s", pbx->account) : NULL,
                 .found = found_cell(run, pbx),
             });
    for (size_t i = 0; pbx->extensions && pbx->extensions[i]; i++) {
        const struct vl_phone *phone = phone_of(lab, pbx, pbx->extensions[i]);
        const struct vl_telephone *told = vl_lab_telephone(lab, pbx, pbx->extensions[i]);
        const char *mailbox = told && told->mailbox ? VL_NUMBER_VOICEMAIL : NULL;

        add(run, &(struct item){
                     .kind = "telephone",
                     .name = phone  ? phone->name
                             : told ? told->name
                                    : NULL,
                     .number = pbx->extensions[i],
                     .server = vl_text_from_ipv4(arena, pbx->address),
                     .account = pbx->extensions[i],
                     .secret = vl_arena_printf(arena, "phone/%s/%s", pbx->name, pbx->extensions[i]),
                     .given = told ? told->secret : NULL,
                     .voicemail = phone && phone->voicemail ? phone->voicemail : mailbox,
                 });
    }
}

/* A telephone of the hub. One on an analogue port has no account. */
static void add_user(const struct vl_run *run, const struct vl_user *user)
{
    struct vl_arena *arena = &run->result->arena;
    const struct vl_lab *lab = run->session->lab;
    const struct vl_phone *phone = phone_of(lab, lab->hub, user->number);
    const char *server = vl_text_from_ipv4(arena, lab->hub->address);
    const char *voicemail = phone && phone->voicemail ? phone->voicemail : VL_NUMBER_VOICEMAIL;

    add(run, &(struct item){
                 .kind = "telephone",
                 .name = phone ? phone->name : user->name,
                 .number = user->number,
                 .server = user->dahdi ? vl_arena_printf(arena, "DAHDI/%u", user->dahdi) : server,
                 .account = user->dahdi ? NULL : user->number,
                 .secret = user->dahdi ? NULL : vl_arena_printf(arena, "user/%s", user->number),
                 .given = user->secret,
                 .voicemail = user->voicemail ? voicemail : NULL,
             });
    if (user->voicemail)
        add(run, &(struct item){
                     .kind = "mailbox",
                     .number = voicemail,
                     .server = server,
                     .account = user->number,
                     .secret = vl_arena_printf(arena, "voicemail/%s", user->number),
                 });
}

/* The web page of a telephone on a desk. */
static void add_page(const struct vl_run *run, const struct vl_phone *phone)
{
    struct vl_arena *arena = &run->result->arena;

    add(run, &(struct item){
                 .kind = "web page",
                 .name = phone->name,
                 .server = phone->address ? vl_text_from_ipv4(arena, phone->address) : NULL,
                 .account = phone->model->admin,
                 .secret = vl_arena_printf(arena, "admin/%s", phone->name),
                 .given = phone->password,
             });
}

static void add_trunk(const struct vl_run *run, const struct vl_trunk *trunk)
{
    struct vl_arena *arena = &run->result->arena;

    add(run, &(struct item){
                 .kind = "trunk",
                 .name = vl_arena_printf(arena, "%s to %s", trunk->from->name, trunk->to->name),
                 .number = vl_arena_printf(arena, "%sXXX", trunk->to->prefix),
                 .server = vl_text_from_ipv4(arena, trunk->to->address),
                 .account = trunk->name,
                 .trunk = trunk,
             });
}

static void add_provider(const struct vl_run *run, const struct vl_provider *provider)
{
    add(run,
        &(struct item){
            .kind = "provider",
            .name = provider->name,
            .server = provider->host,
            .account = provider->username,
            .secret = provider->username ? vl_arena_printf(&run->result->arena, "provider/%s", provider->name) : NULL,
            .given = provider->secret,
        });
}

static bool is_wanted(const struct vl_run *run, const struct vl_pbx *pbx)
{
    return pbx && vl_session_wanted(run->request->names, pbx->name);
}

/* The same in parts. Of a PBX that was not seen yet it is what the lab file says of it, else what is taken for so. */
static void add_nature(const struct vl_run *run, const struct vl_pbx *pbx)
{
    const struct vl_nature *nature = vl_state_nature(&run->session->state, pbx);
    struct vl_json *document = run->result->document;

    vl_json_object(document, NULL);
    vl_json_string(document, "pbx", pbx->name);
    vl_json_bool(document, "seen", nature->seen);
    vl_json_string(document, "flavor", vl_flavors[nature->flavor]);
    vl_json_string(document, "sip", vl_sip_drivers[nature->sip]);
    vl_json_bool(document, "iax2", nature->iax2);
    vl_json_string(document, "asterisk", nature->asterisk);
    vl_json_string(document, "interface", nature->gui);
    vl_json_array(document, "phones");
    for (const char *const *phone = nature->phones; *phone; phone++)
        vl_json_string(document, NULL, *phone);
    vl_json_end(document);
    vl_json_end(document);
}

static void inspect_natures(const struct vl_run *run)
{
    const struct vl_lab *lab = run->session->lab;

    vl_json_array(run->result->document, "natures");
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (is_wanted(run, &lab->pbxs[i]))
            add_nature(run, &lab->pbxs[i]);
    vl_json_end(run->result->document);
}

static void inspect_lab(const struct vl_run *run)
{
    const struct vl_lab *lab = run->session->lab;
    struct vl_trunks walk = vl_lab_trunks(lab);

    vl_result_headings(run->result, "KIND", "NAME", "NUMBER", "SERVER", "ACCOUNT", "SECRET", "VOICEMAIL", "FOUND",
                       NULL);
    for (size_t i = 0; i < lab->pbx_count; i++)
        if (is_wanted(run, &lab->pbxs[i]))
            add_pbx(run, &lab->pbxs[i]);
    for (size_t i = 0; is_wanted(run, lab->hub) && i < lab->user_count; i++)
        add_user(run, &lab->users[i]);
    for (size_t i = 0; i < lab->phone_count; i++)
        if (is_wanted(run, lab->phones[i].pbx))
            add_page(run, &lab->phones[i]);
    while (vl_lab_next_trunk(&walk))
        if (is_wanted(run, walk.trunk.from) || is_wanted(run, walk.trunk.to))
            add_trunk(run, &walk.trunk);
    for (size_t i = 0; is_wanted(run, lab->hub) && i < lab->provider_count; i++)
        add_provider(run, &lab->providers[i]);
    vl_result_table_json(run->result, "entries");
    inspect_natures(run);
}

static int is_lab_name(const struct dirent *entry)
{
    return vl_text_is_name(entry->d_name);
}

/* A directory of the state is a lab when it has secrets; they are written when the lab changes. */
static void add_lab(const struct vl_run *run, const char *name)
{
    struct vl_arena *arena = &run->result->arena;
    const char *path = vl_arena_printf(arena, "%s/%s", run->session->options.state_directory, name);
    char when[TIME_BYTES] = "";
    struct stat status;
    struct tm tm;

    if (stat(vl_arena_printf(arena, "%s/secrets", path), &status) < 0)
        return;
    if (localtime_r(&status.st_mtime, &tm))
        (void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M", &tm);
    vl_result_row(run->result, (const char *const[VL_RESULT_COLUMNS]){ name, path, when });
}

static int inspect_host(const struct vl_run *run)
{
    const char *directory = run->session->options.state_directory;
    struct dirent **entries = NULL;
    int count = 0;

    if (run->request->names && run->request->names[0])
        return vl_fail(run->err, VL_ERROR_USAGE, "all labs are meant, and '%s' too: one of them, please",
                       run->request->names[0]);
    vl_result_headings(run->result, "LAB", "PATH", "CHANGED", NULL);
    if (vl_file_exists(directory) && (count = scandir(directory, &entries, is_lab_name, alphasort)) < 0)
        return vl_fail_errno(run->err, "cannot read '%s'", directory);
    for (int i = 0; i < count; i++) {
        add_lab(run, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    vl_result_table_json(run->result, "labs");
    vl_result_summary(run->result, "%zu lab%s in '%s'", run->result->rows, vl_plural(run->result->rows), directory);
    return 0;
}

int vl_run_inspect(const struct vl_run *run)
{
    if (run->request->parameters.inspect && run->request->parameters.inspect->all)
        return inspect_host(run);
    if (!run->session->lab)
        return vl_fail(run->err, VL_ERROR_USAGE, "this needs a lab file");
    inspect_lab(run);
    return 0;
}
