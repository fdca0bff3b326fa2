/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A backup, put where its things go: the lab file, the state, and volumes on the hypervisor where each guest is or
 * shall be here. Nothing is in the place of what is there, unless that is asked for; a run that was cut off is known by
 * a note, and goes on.
 *
 * With names of guests, in a lab that is there, only these come back: its secrets are those that the others know.
 */
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "plan/backup.h"
#include "plan/made.h"
#include "plan/sites.h"
#include "render/volume_xml.h"
#include "stage/guests_part.h"
#include "stage/stage.h"

enum { LAB_LIMIT = 1 << 20, NOTE_LIMIT = 4096 };

struct putting {
    struct vl_session *session;
    const struct vl_restoring *restoring;
    struct vl_plan *plan;
    struct vl_plan *pools; /* what comes before the unpacking, but after the list of what was made */
    struct vl_made made;
    struct vl_guest_plan *guests; /* of each PBX that is meant and a machine; session NULL: it is not */
    struct vl_unpack *unpack;
    bool exists;   /* the lab is here */
    bool goes_on;  /* a run of the same backup was cut off */
    bool replaces; /* what is there may go */
    struct vl_error *err;
};

static int refuse(const struct putting *putting, const char *what, const char *name)
{
    return vl_fail(putting->err, VL_ERROR_FAILED,
                   "%s '%s' is there already, and stays; --replace takes that of the backup", what, name);
}

static void add_item(struct putting *putting, const struct vl_unpack_item *item)
{
    struct vl_unpack *unpack = putting->unpack;
    struct vl_unpack_item *grown = vl_arena_grow(&putting->plan->arena, unpack->items, unpack->count, sizeof(*grown));

    if (!grown)
        return;
    grown[unpack->count++] = *item;
    unpack->items = grown;
}

static int plan_lab_file(struct putting *putting, const struct vl_backup_entry *entry)
{
    const struct vl_restoring *restoring = putting->restoring;
    VL_FREE char *there = NULL;

    if (!vl_file_exists(restoring->lab_file)) {
        add_item(putting, &(struct vl_unpack_item){ .entry = entry, .file = restoring->lab_file });
        return 0;
    }
    if (vl_file_read(restoring->lab_file, LAB_LIMIT, &there, NULL, putting->err) < 0)
        return -1;
    if (!strcmp(there, restoring->lab_text) || (putting->exists && restoring->names))
        return 0;
    if (!putting->replaces)
        return refuse(putting, "another lab file", restoring->lab_file);
    add_item(putting, &(struct vl_unpack_item){ .entry = entry, .file = restoring->lab_file });
    return 0;
}

static bool is_meant(const struct putting *putting, const struct vl_pbx *pbx)
{
    return putting->guests[pbx - putting->session->lab->pbxs].session != NULL;
}

/* The guest that a file of the state is of, as its name begins; NULL: of none. */
static const struct vl_pbx *guest_of(const struct putting *putting, const char *name, const char *mark)
{
    const char *end = strstr(name, mark);

    return end ? vl_lab_pbx(putting->session->lab, vl_arena_strndup(&putting->plan->arena, name, (size_t)(end - name)))
               : NULL;
}

/* state/secrets, state/natures, state/ssh/FILE, state/saved/FILE. Nothing else is the lab's. */
static int plan_state_file(struct putting *putting, const struct vl_backup_entry *entry)
{
    const char *name = entry->path + strlen("state/"), *slash = strchr(name, '/');
    const struct vl_pbx *pbx = NULL;
    bool saved = vl_text_starts(name, "saved/"), key = vl_text_starts(name, "ssh/"), record = false;

    if (slash ? (!saved && !key) || strchr(slash + 1, '/') || slash[1] == '.'
              : strcmp(name, "secrets") != 0 && strcmp(name, "natures") != 0)
        return vl_fail(putting->err, VL_ERROR_FAILED, "the backup has '%s' in it, which no state of a lab has",
                       entry->path);
    if (saved)
        pbx = guest_of(putting, slash + 1, "."); /* no PBX has a dot in its name */
    else if (key)
        pbx = guest_of(putting, slash + 1, "_host_");
    if (saved && (!pbx || !is_meant(putting, pbx)))
        return 0;
    if (putting->exists && putting->restoring->names && (!pbx || !is_meant(putting, pbx)))
        return 0;
    record = saved && vl_text_ends(name, ".state");
    add_item(putting, &(struct vl_unpack_item){ .entry = entry,
                                                .file = vl_arena_printf(&putting->plan->arena, "%s/%s",
                                                                        putting->session->state.directory, name),
                                                .pool = vl_pool_name(&putting->plan->arena, putting->session),
                                                .site = pbx ? vl_site_of(putting->session, pbx) : NULL,
                                                .ready = record ? pbx->name : NULL });
    return 0;
}

/* A base image that is there is the same one, or nothing can be a clone of it. */
static int compare_base(const struct vl_guest_plan *guests, const struct vl_backup_entry *entry)
{
    char sum[VL_DIGEST_SHA256_SIZE];

    if (vl_hypervisor_volume_download(guests->hypervisor, guests->pool, entry->name, NULL, sum, NULL, guests->err) < 0)
        return -1;
    if (!strcmp(sum, entry->sha256))
        return 0;
    return vl_fail(guests->err, VL_ERROR_FAILED,
                   "the pool '%s' has another '%s' than the backup: the guests in it cannot be clones of that",
                   guests->pool, entry->name);
}

static int plan_volume(struct putting *putting, const struct vl_guest_plan *guests, const struct vl_backup_entry *entry,
                       bool base)
{
    struct vl_arena *arena = &putting->plan->arena;
    const char *backing = entry->backing ? vl_guest_volume_path(guests, entry->backing) : NULL;
    struct vl_volume there;
    VL_FREE char *xml = NULL;

    if (backing && strcmp(backing, entry->backing_path) != 0)
        return vl_fail(putting->err, VL_ERROR_FAILED,
                       "'%s' is a clone of '%s', and here that would be '%s': [lab] storage is another than it was",
                       entry->path, vl_text_quote(arena, entry->backing_path, VL_TEXT_QUOTED), backing);
    if (vl_guest_volume(guests, entry->name, &there) < 0)
        return -1;
    if (there.name && there.uploaded && (base || vl_text_ends(entry->name, ".iso")))
        return base ? compare_base(guests, entry) : 0; /* a seed is named by its content */
    if (there.name && (base || vl_text_ends(entry->name, ".iso")))
        vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                                     .object = entry->name,
                                                     .why = "it was not uploaded to its end" });
    xml = vl_render_volume_xml(
        &(struct vl_volume_spec){
            .name = entry->name, .format = entry->format, .capacity = entry->capacity, .backing_path = backing },
        putting->err);
    if (!xml)
        return -1;
    vl_site_made(guests->site, &putting->made);
    vl_made_add(&putting->made, arena, "volume", entry->name);
    vl_site_made(NULL, &putting->made);
    add_item(putting,
             &(struct vl_unpack_item){
                 .entry = entry, .pool = guests->pool, .site = guests->site, .xml = vl_arena_strdup(arena, xml) });
    return 0;
}

/* Whether a guest's volume in the backup is a clone of this base image, or of the one that it is the kernel of. */
static bool needs_base(const struct putting *putting, const char *guest, const char *base)
{
    const struct vl_manifest *manifest = putting->restoring->manifest;

    for (size_t i = 0; i < manifest->count; i++) {
        const struct vl_backup_entry *entry = &manifest->entries[i];
        size_t stem = entry->backing ? strlen(entry->backing) : 0;

        if (!entry->backing || !vl_made_volume_of(entry->name, guest) || !vl_text_ends(entry->backing, ".qcow2"))
            continue;
        stem -= strlen(".qcow2");
        if (!strncmp(base, entry->backing, stem) && base[stem] == '.')
            return true;
    }
    return false;
}

/* Of base images of one name, which the backup has of each hypervisor that there was, the first. */
static bool is_first(const struct vl_manifest *manifest, const struct vl_backup_entry *entry)
{
    for (const struct vl_backup_entry *other = manifest->entries; other < entry; other++)
        if (other->is_volume && !strcmp(other->name, entry->name))
            return false;
    return true;
}

static bool is_planned(const struct putting *putting, const struct vl_site *site, const struct vl_backup_entry *entry)
{
    for (size_t i = 0; i < putting->unpack->count; i++)
        if (putting->unpack->items[i].entry == entry && putting->unpack->items[i].site == site)
            return true;
    return false;
}

static int plan_volumes(struct putting *putting, const struct vl_backup_entry *entry)
{
    const struct vl_lab *lab = putting->session->lab;
    bool owned = false;

    for (size_t i = 0; i < lab->pbx_count; i++)
        owned |= vl_made_volume_of(entry->name, lab->pbxs[i].name);
    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_guest_plan *guests = &putting->guests[i];

        if (!guests->session)
            continue;
        if (owned
                ? vl_made_volume_of(entry->name, lab->pbxs[i].name)
                : is_first(putting->restoring->manifest, entry) &&
                      needs_base(putting, lab->pbxs[i].name, entry->name) && !is_planned(putting, guests->site, entry))
            if (plan_volume(putting, guests, entry, !owned) < 0)
                return -1;
    }
    return 0;
}

static int plan_entries(struct putting *putting)
{
    const struct vl_manifest *manifest = putting->restoring->manifest;

    for (size_t i = 0; i < manifest->count; i++) {
        const struct vl_backup_entry *entry = &manifest->entries[i];
        int rc = entry->is_volume                        ? plan_volumes(putting, entry)
                 : !strcmp(entry->path, VL_MANIFEST_LAB) ? plan_lab_file(putting, entry)
                                                         : plan_state_file(putting, entry);

        if (rc < 0)
            return -1;
    }
    return 0;
}

static bool is_in_backup(const struct putting *putting, const char *name)
{
    const struct vl_manifest *manifest = putting->restoring->manifest;

    for (size_t i = 0; i < manifest->count; i++)
        if (manifest->entries[i].is_volume && vl_made_volume_of(manifest->entries[i].name, name))
            return true;
    return false;
}

/* What there is of a guest goes, where it may. Without base images in the backup those of today are seen to. */
static int begin_guest(struct putting *putting, const struct vl_pbx *pbx)
{
    struct vl_guest_plan *guests = &putting->guests[pbx - putting->session->lab->pbxs];
    struct vl_volume disk;
    struct vl_domain domain;
    struct vl_guest_boot boot;
    struct vl_arena *arena = &putting->plan->arena;

    if (vl_site_problem(putting->session, pbx))
        return vl_fail(putting->err, VL_ERROR_FAILED, "'%s': %s", pbx->name, vl_site_problem(putting->session, pbx));
    if (vl_guest_begin(guests, putting->session, vl_site_of(putting->session, pbx), putting->pools, putting->err) < 0)
        return -1;
    guests->made = putting->made;
    vl_site_made(guests->site, &guests->made);
    guests->about = pbx->name;
    if (vl_guest_volume(guests, vl_arena_printf(arena, "%s.qcow2", pbx->name), &disk) < 0 ||
        vl_guest_domain(guests, vl_domain_name(arena, putting->session->lab, pbx), &domain) < 0)
        return -1;
    if ((disk.name || domain.state != VL_DOMAIN_ABSENT) && !putting->replaces)
        return refuse(putting, "the guest", pbx->name);
    if (guests->hypervisor && (disk.name || domain.state != VL_DOMAIN_ABSENT) &&
        vl_guest_plan_renewed(guests, pbx, &disk) < 0)
        return -1;
    (void)vl_guest_plan_install_note_gone(guests, pbx, "the disk of the backup is no installer's");
    disk = (struct vl_volume){ .name = NULL };
    return putting->restoring->manifest->has_base ? 0 : vl_guest_plan_boot(guests, pbx, &disk, &boot);
}

static int begin_guests(struct putting *putting)
{
    const struct vl_lab *lab = putting->session->lab;
    struct vl_arena *arena = &putting->plan->arena;
    size_t begun = 0;

    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &lab->pbxs[i];

        if (pbx->place != VL_PLACE_VM || !vl_session_wanted(putting->restoring->names, pbx->name))
            continue;
        if (!is_in_backup(putting, pbx->name)) {
            if (putting->restoring->names)
                return vl_fail(putting->err, VL_ERROR_FAILED, "the backup has no guest '%s' in it", pbx->name);
            continue;
        }
        if (begin_guest(putting, pbx) < 0)
            return -1;
        begun++;
        vl_made_add(&putting->made, arena, "guest", pbx->name);
        vl_made_set_address(&putting->made, arena, pbx->name, vl_text_from_ipv4(arena, pbx->address), lab->bridge.name);
        if (putting->session->places)
            vl_made_set_place(&putting->made, arena, pbx->name, vl_site_name(vl_site_of(putting->session, pbx)));
    }
    return begun ? 0 : vl_fail(putting->err, VL_ERROR_FAILED, "the backup has no guest in it");
}

/* Pools and base images that other steps make are written down before, too. */
static void note_made(struct putting *putting)
{
    for (size_t i = 0; i < putting->pools->count; i++) {
        const struct vl_step *step = &putting->pools->steps[i];

        vl_site_made(step->site, &putting->made);
        if (step->kind == VL_STEP_POOL)
            vl_made_add(&putting->made, &putting->plan->arena, "pool", step->object);
        else if (step->kind == VL_STEP_UPLOAD)
            vl_made_add(&putting->made, &putting->plan->arena, "volume", step->object);
    }
    vl_site_made(NULL, &putting->made);
}

static const char *list(struct putting *putting)
{
    VL_BUF_AUTO text = VL_BUF_INIT;

    for (size_t i = 0; i < putting->unpack->count; i++) {
        const struct vl_unpack_item *item = &putting->unpack->items[i];

        if (item->file)
            vl_buf_printf(&text, "%s -> %s\n", item->entry->path, item->file);
        else
            vl_buf_printf(&text, "%s -> %s: volume %s in %s\n", item->entry->path,
                          vl_site_target(item->site, &putting->plan->arena), item->entry->name, item->pool);
    }
    putting->plan->arena.failed |= text.failed;
    return vl_arena_strdup(&putting->plan->arena, vl_buf_text(&text));
}

/* What a run of this backup is known by. */
static const char *note_text(struct putting *putting)
{
    const struct vl_manifest *manifest = putting->restoring->manifest;

    return vl_arena_printf(&putting->plan->arena, "%s of %llu, %zu entries\n", manifest->lab,
                           (unsigned long long)manifest->made, manifest->count);
}

static int see_what_is_there(struct putting *putting)
{
    struct vl_session *session = putting->session;
    struct vl_arena *arena = &putting->plan->arena;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *note = NULL;

    putting->exists = vl_file_exists(vl_arena_printf(arena, "%s/secrets", session->state.directory));
    putting->goes_on = vl_file_read(vl_backup_note(session, arena), NOTE_LIMIT, &note, NULL, &ignored) == 0 &&
                       !strcmp(note, note_text(putting));
    putting->replaces = putting->restoring->replace || putting->goes_on;
    if (vl_made_read(session, arena, &putting->made, putting->err) < 0)
        return -1;
    if (putting->exists && !putting->restoring->names && !putting->replaces)
        return refuse(putting, "the lab", session->lab->name);
    return 0;
}

static int plan_notes(struct putting *putting)
{
    struct vl_arena *arena = &putting->plan->arena;
    struct vl_file note = { .path = vl_backup_note(putting->session, arena),
                            .mode = 0600,
                            .text = note_text(putting),
                            .why = "a run that is cut off is known by it, and goes on" };
    const struct vl_fileset set = { .files = &note, .count = 1 };
    VL_TARGET_AUTO *host = vl_target_local("/", putting->err);
    size_t first;

    vl_plan_add_directory(putting->plan, putting->session->state.directory, 0700,
                          "secrets, keys and the list of what was made");
    first = putting->plan->count;
    if (!host || vl_plan_files(putting->plan, host, VL_THIS_HOST, &set, 0, false, putting->err) < 0)
        return -1;
    vl_plan_stays(putting->plan, first);
    note_made(putting);
    return vl_stage_made_file(putting->session, &putting->made, putting->plan, putting->err);
}

static int plan_all(struct putting *putting)
{
    if (see_what_is_there(putting) < 0 || begin_guests(putting) < 0 || plan_entries(putting) < 0 ||
        plan_notes(putting) < 0)
        return -1;
    if (!putting->restoring->manifest->has_base &&
        vl_stage_image(putting->session, NULL, putting->plan, putting->err) < 0)
        return -1;
    vl_guest_drop_repeated(putting->pools);
    vl_plan_join(putting->plan, putting->pools);
    vl_plan_add(putting->plan, &(struct vl_step){ .kind = VL_STEP_UNPACK,
                                                  .target = VL_THIS_HOST,
                                                  .object = putting->restoring->file,
                                                  .after = list(putting),
                                                  .unpack = putting->unpack,
                                                  .why = "each thing is put in its place when its checksum is that of "
                                                         "the backup's list" });
    return vl_arena_check(&putting->plan->arena, putting->err);
}

int vl_stage_restore(struct vl_session *session, const struct vl_restoring *restoring, struct vl_plan *before,
                     struct vl_plan *plan, struct vl_error *err)
{
    struct putting putting = { .session = session, .restoring = restoring, .plan = plan, .pools = before, .err = err };

    putting.guests = vl_arena_zalloc(&plan->arena, (session->lab->pbx_count + 1) * sizeof(*putting.guests));
    putting.unpack = vl_arena_zalloc(&plan->arena, sizeof(*putting.unpack));
    if (!putting.guests || !putting.unpack)
        return vl_no_memory(err);
    return plan_all(&putting);
}
