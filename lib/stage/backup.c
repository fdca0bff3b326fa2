/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What belongs in a backup: the lab file; of the lab's state the secrets, keys and ready states; of each guest its
 * volumes, and the base images that those are clones of.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "plan/backup.h"
#include "plan/made.h"
#include "plan/ready.h"
#include "plan/sites.h"
#include "stage/stage.h"

/* A backup that is planned. */
struct gathering {
    struct vl_session *session;
    const char *const *names;
    struct vl_plan *plan;
    struct vl_backup *backup;
    struct vl_made made;
    const char *pool;
    struct vl_error *err;
};

static void add_item(const struct gathering *gathering, const struct vl_backup_item *item)
{
    struct vl_backup *backup = gathering->backup;
    struct vl_backup_item *grown = vl_arena_grow(&gathering->plan->arena, backup->items, backup->count, sizeof(*grown));

    if (!grown)
        return;
    grown[backup->count++] = *item;
    backup->items = grown;
}

/* A file of this host, if it is there and a regular one. */
static void add_file(const struct gathering *gathering, const char *path, const char *file)
{
    struct stat status;

    if (lstat(file, &status) == 0 && S_ISREG(status.st_mode))
        add_item(gathering, &(struct vl_backup_item){ .entry = { .path = path }, .file = file });
}

/* What can be made again at any time, and the keys of guests that are not meant, stay away. */
static bool is_wanted_key(const struct gathering *gathering, const char *name)
{
    const char *host = strstr(name, "_host_");

    if (*name == '.' || !strcmp(name, "config") || !strcmp(name, "known_hosts"))
        return false;
    return !host ||
           vl_session_wanted(gathering->names, vl_arena_strndup(&gathering->plan->arena, name, (size_t)(host - name)));
}

static void add_keys(const struct gathering *gathering)
{
    struct vl_arena *arena = &gathering->plan->arena;
    const char *directory = vl_arena_printf(arena, "%s/ssh", gathering->session->state.directory);
    struct dirent **found = NULL;
    int count = scandir(directory, &found, NULL, alphasort);

    for (int i = 0; i < count; i++) {
        if (is_wanted_key(gathering, found[i]->d_name))
            add_file(gathering, vl_arena_printf(arena, "state/ssh/%s", found[i]->d_name),
                     vl_arena_printf(arena, "%s/%s", directory, found[i]->d_name));
        free(found[i]);
    }
    free(found);
}

static void add_state(const struct gathering *gathering)
{
    static const char *const files[] = { "secrets", "natures" };
    struct vl_arena *arena = &gathering->plan->arena;

    for (size_t i = 0; i < VL_COUNT(files); i++)
        add_file(gathering, vl_arena_printf(arena, "state/%s", files[i]),
                 vl_arena_printf(arena, "%s/%s", gathering->session->state.directory, files[i]));
    add_keys(gathering);
}

static void add_volume(const struct gathering *gathering, const struct vl_site *site, const struct vl_volume *volume,
                       const struct vl_pbx *pbx)
{
    struct vl_arena *arena = &gathering->plan->arena;
    const char *backing = volume->backing ? strrchr(volume->backing, '/') : NULL;

    add_item(gathering,
             &(struct vl_backup_item){
                 .entry = { .path = vl_arena_printf(arena, "volumes/%s/%s", vl_site_name(site), volume->name),
                            .is_volume = true,
                            .name = volume->name,
                            .format = vl_text_ends(volume->name, ".qcow2") ? "qcow2" : "raw",
                            .backing = backing ? backing + 1 : NULL,
                            .capacity = volume->capacity },
                 .pool = gathering->pool,
                 .site = site,
                 .pbx = pbx,
                 .domain = pbx ? vl_domain_name(arena, gathering->session->lab, pbx) : NULL });
}

/* The guest that a volume is of; NULL: of none that is meant. */
static const struct vl_pbx *owner_of(const struct gathering *gathering, const struct vl_site *site, const char *volume)
{
    const struct vl_lab *lab = gathering->session->lab;

    for (size_t i = 0; i < lab->pbx_count; i++)
        if (lab->pbxs[i].place == VL_PLACE_VM && vl_session_wanted(gathering->names, lab->pbxs[i].name) &&
            vl_site_of(gathering->session, &lab->pbxs[i]) == site && vl_made_volume_of(volume, lab->pbxs[i].name))
            return &lab->pbxs[i];
    return NULL;
}

static bool is_disk_of(const char *volume, const char *name)
{
    size_t length = strlen(name);

    return !strncmp(volume, name, length) && !strcmp(volume + length, ".qcow2");
}

/* Whether `volume` is the base image of a clone that is in, or belongs with it: kernel and initrd of the same stem. */
static bool is_base(const struct gathering *gathering, const struct vl_site *site, size_t first, const char *volume)
{
    const struct vl_backup *backup = gathering->backup;

    for (size_t i = first; i < backup->count; i++) {
        const char *backing = backup->items[i].entry.backing;
        size_t stem = backing ? strlen(backing) - strlen(".qcow2") : 0;

        if (!backing || backup->items[i].site != site || !vl_text_ends(backing, ".qcow2"))
            continue;
        if (!strcmp(volume, backing) || (!strncmp(volume, backing, stem) &&
                                         (!strcmp(volume + stem, ".vmlinuz") || !strcmp(volume + stem, ".initrd"))))
            return true;
    }
    return false;
}

static int add_volumes(const struct gathering *gathering, const struct vl_site *site)
{
    struct vl_arena *arena = &gathering->plan->arena;
    struct vl_hypervisor *hypervisor = vl_site_hypervisor(gathering->session, site);
    size_t count, first = gathering->backup->count;
    struct vl_volume *volumes;
    struct vl_pool_there pool;

    if (!hypervisor)
        return 0; /* the guests there were asked for before */
    if (vl_hypervisor_pool(hypervisor, gathering->pool, &pool, gathering->err) < 0)
        return -1;
    if (!pool.active)
        return 0;
    if (vl_hypervisor_volumes(hypervisor, arena, gathering->pool, &volumes, &count, gathering->err) < 0)
        return -1;
    for (size_t i = 0; i < count; i++) {
        const struct vl_pbx *owner = owner_of(gathering, site, volumes[i].name);

        if (owner && vl_made_volume(gathering->session, &gathering->made, &volumes[i]))
            add_volume(gathering, site, &volumes[i], is_disk_of(volumes[i].name, owner->name) ? owner : NULL);
    }
    for (size_t i = 0; gathering->backup->has_base && i < count; i++)
        if (!owner_of(gathering, site, volumes[i].name) && is_base(gathering, site, first, volumes[i].name))
            add_volume(gathering, site, &volumes[i], NULL);
    vl_backup_order(gathering->backup, first); /* so that each can be made when it is read */
    return 0;
}

static int add_guests(const struct gathering *gathering)
{
    const struct vl_lab *lab = gathering->session->lab;
    struct vl_arena *arena = &gathering->plan->arena;

    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &lab->pbxs[i];
        const char *const *saved;

        if (pbx->place != VL_PLACE_VM || !vl_session_wanted(gathering->names, pbx->name))
            continue;
        if (vl_site_problem(gathering->session, pbx))
            return vl_fail(gathering->err, VL_ERROR_FAILED, "'%s': %s", pbx->name,
                           vl_site_problem(gathering->session, pbx));
        if (vl_stage_ready_wake(gathering->session, pbx, gathering->plan, gathering->err) < 0)
            return -1;
        saved = vl_ready_needs(gathering->session, arena, pbx->name, NULL).files;
        for (; saved && *saved; saved++)
            add_file(gathering, vl_arena_printf(arena, "state/saved/%s", strrchr(*saved, '/') + 1), *saved);
    }
    return 0;
}

static const char *list(struct vl_arena *arena, const struct vl_backup *backup)
{
    VL_BUF_AUTO text = VL_BUF_INIT;

    for (size_t i = 0; i < backup->count; i++)
        vl_buf_printf(&text, "%s\n", backup->items[i].entry.path);
    arena->failed |= text.failed;
    return vl_arena_strdup(arena, vl_buf_text(&text));
}

int vl_stage_backup(struct vl_session *session, const char *const *names, const char *file, bool base,
                    struct vl_plan *plan, struct vl_error *err)
{
    struct vl_arena *arena = &plan->arena;
    struct vl_backup *backup = vl_arena_zalloc(arena, sizeof(*backup));
    struct gathering gathering = { .session = session,
                                   .names = names,
                                   .plan = plan,
                                   .backup = backup,
                                   .pool = vl_pool_name(arena, session),
                                   .err = err };

    if (!backup)
        return vl_no_memory(err);
    backup->has_base = base;
    if (vl_made_read(session, arena, &gathering.made, err) < 0)
        return -1;
    add_file(&gathering, VL_MANIFEST_LAB, session->lab->file);
    add_state(&gathering);
    if (add_guests(&gathering) < 0)
        return -1;
    for (size_t i = 0; i < vl_sites_count(session); i++) {
        vl_site_made(vl_sites_at(session, i), &gathering.made);
        if (add_volumes(&gathering, vl_sites_at(session, i)) < 0)
            return -1;
    }
    vl_plan_add(plan, &(struct vl_step){ .kind = VL_STEP_BACKUP,
                                         .target = VL_THIS_HOST,
                                         .object = file,
                                         .after = list(arena, backup),
                                         .backup = backup,
                                         .why = "a guest that runs stands still while its disk is copied, and what "
                                                "is in the file is listed with its checksums" });
    return vl_arena_check(arena, err);
}
