/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Virtual machines: images in the cache, base volumes in the lab's pool, a linked clone and a seed for each guest, its
 * domain, and that it runs.
 *
 * Names tell whether something is current, so nothing has to be remembered: a base volume carries the hash of its
 * recipe, a seed the hash of its content, a domain the fingerprint of its XML. A guest's disk is never replaced here,
 * whatever happened to the base image: it holds a student's work.
 */
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/file.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "guest/image.h"
#include "guest/recipe.h"
#include "lab/identity.h"
#include "lab/system.h"
#include "plan/made.h"
#include "render/domain_xml.h"
#include "render/seed.h"
#include "render/volume_xml.h"
#include "stage/stage.h"

#define LIBVIRT "libvirt"

/* Planning the guests of one lab: what all of them share. */
struct guest_plan {
    struct vl_session *session;
    struct vl_plan *plan;
    const char *pool, *pool_path;
    struct vl_made made;
    const char *about; /* the guest that the steps are for; NULL: what many share */
    const char *info;  /* the file that says its kernel's command line, once its image is built; NULL: none */
    bool reachable;    /* a hypervisor answers; without one (dry run) everything counts as absent */
    struct vl_error *err;
};

const char *vl_pool_name(struct vl_arena *arena, const struct vl_session *session)
{
    return vl_arena_printf(arena, "voiplab-%s", vl_session_lab_name(session));
}

const char *vl_domain_name(struct vl_arena *arena, const struct vl_lab *lab, const struct vl_pbx *pbx)
{
    return vl_arena_printf(arena, "%s-%s", lab->name, pbx->name);
}

static const char *pool_path(struct vl_arena *arena, const struct vl_session *session)
{
    if (session->lab && session->lab->storage)
        return vl_arena_printf(arena, "%s/voiplab-%s", session->lab->storage, session->lab->name);
    return vl_arena_printf(arena, "/var/lib/libvirt/images/voiplab-%s", vl_session_lab_name(session));
}

static int find_volume(const struct guest_plan *guests, const char *name, struct vl_volume *ret_volume)
{
    *ret_volume = (struct vl_volume){ .name = NULL };
    if (!guests->reachable)
        return 0;
    if (vl_hypervisor_volume(guests->session->hypervisor, &guests->plan->arena, guests->pool, name, ret_volume,
                             guests->err) < 0)
        return -1;
    if (!ret_volume->name || !guests->made.known || vl_made_has(&guests->made, "volume", name))
        return 0;
    return vl_fail(
        guests->err, VL_ERROR_FAILED,
        "the pool '%s' has a volume '%s' that this lab did not make; it stays as it is: 'virsh vol-delete %s "
        "--pool %s' removes it, and a line 'volume %s' in '%s/made' makes it this lab's",
        guests->pool, name, name, guests->pool, name, guests->session->state.directory);
}

/* Where a volume lies or will lie. */
static const char *volume_path(const struct guest_plan *guests, const char *name)
{
    return vl_arena_printf(&guests->plan->arena, "%s/%s", guests->pool_path, name);
}

static void add_step(const struct guest_plan *guests, const struct vl_step *step)
{
    struct vl_step complete = *step;

    complete.target = LIBVIRT;
    complete.pool = guests->pool;
    complete.about = guests->about;
    vl_plan_add(guests->plan, &complete);
}

static int plan_pool(const struct guest_plan *guests)
{
    bool active = false;

    if (guests->reachable && vl_hypervisor_pool(guests->session->hypervisor, guests->pool, &active, guests->err) < 0)
        return -1;
    if (active && guests->made.known && !vl_made_has(&guests->made, "pool", guests->pool))
        return vl_fail(guests->err, VL_ERROR_FAILED,
                       "the hypervisor has a storage pool '%s' that this lab did not make; a line 'pool %s' in "
                       "'%s/made' makes it this lab's",
                       guests->pool, guests->pool, guests->session->state.directory);
    if (!active)
        add_step(guests, &(struct vl_step){
                             .kind = VL_STEP_POOL,
                             .object = guests->pool,
                             .after = guests->pool_path,
                             .why = "one directory for the disks of this lab and of no other",
                         });
    return 0;
}

static int raw_size(const char *path, uint64_t *ret_size, struct vl_error *err)
{
    struct stat status;

    if (stat(path, &status) < 0)
        return vl_fail_errno(err, "cannot look at '%s'", path);
    *ret_size = (uint64_t)status.st_size;
    return 0;
}

/* A file of this host as a volume of the pool. A half-uploaded one is made anew. */
static int plan_upload(const struct guest_plan *guests, const char *name, const char *file, bool qcow2, const char *why)
{
    struct vl_arena *arena = &guests->plan->arena;
    struct vl_volume volume;
    VL_FREE char *xml = NULL;
    uint64_t size = 0;

    if (find_volume(guests, name, &volume) < 0)
        return -1;
    if (volume.name && volume.uploaded)
        return 0;
    if (volume.name)
        add_step(guests, &(struct vl_step){
                             .kind = VL_STEP_REMOVE_VOLUME, .object = name, .why = "it was not uploaded to its end" });
    if (vl_file_exists(file) &&
        (qcow2 ? vl_image_virtual_size(file, &size, guests->err) : raw_size(file, &size, guests->err)) < 0)
        return -1;
    xml = vl_render_volume_xml(
        &(struct vl_volume_spec){ .name = name, .format = qcow2 ? "qcow2" : "raw", .capacity = size }, guests->err);
    if (!xml)
        return -1;
    add_step(guests, &(struct vl_step){ .kind = VL_STEP_UPLOAD,
                                        .object = name,
                                        .source = file,
                                        .after = vl_arena_strdup(arena, xml),
                                        .size = size,
                                        .why = why });
    return 0;
}

/* In the place of what is known when the image is built. */
#define UNKNOWN_CMDLINE "(as the recipe says)"

/* What a guest boots from; NULL where it does not apply. */
struct boot {
    const char *base_volume; /* its disk is a linked clone of this */
    const char *kernel, *initrd, *cmdline, *cdrom;
    const char *info; /* the file that says the command line, once the image is built */
};

enum { HASH_DIGITS = 12 };

/* A guest that has a disk boots the kernel of the base image which that disk is a clone of, whatever the recipe is
 * today, and whichever: its modules are on that disk. Returns the stem of the volumes' names, RECIPE-HASH; NULL when
 * there is no such disk. */
static const char *stem_of_disk(const struct guest_plan *guests, const struct vl_volume *disk)
{
    const char *name = disk->name && disk->backing ? strrchr(disk->backing, '/') : NULL, *hash;
    size_t length = name ? strlen(++name) : 0;

    if (length < HASH_DIGITS + strlen("-.qcow2") || strcmp(name + length - strlen(".qcow2"), ".qcow2") != 0)
        return NULL;
    hash = name + length - strlen(".qcow2") - HASH_DIGITS;
    if (hash[-1] != '-' || strspn(hash, "0123456789abcdef") != HASH_DIGITS)
        return NULL;
    return vl_arena_strndup(&guests->plan->arena, name, length - strlen(".qcow2"));
}

/* The file has another recipe than when the guest got its disk. */
static void tell_other_recipe(const struct guest_plan *guests, const struct vl_pbx *pbx, const struct vl_volume *disk)
{
    const char *stem = pbx->image->kind == VL_IMAGE_BUILD ? stem_of_disk(guests, disk) : NULL;
    size_t length = stem ? strlen(stem) - HASH_DIGITS - 1 : 0;

    if (stem && (strlen(pbx->image->source) != length || strncmp(stem, pbx->image->source, length) != 0))
        vl_session_event(
            guests->session, VOIPLAB_EVENT_WARNING, pbx->name,
            "its disk is of the image '%s', which stays; a disk of '%s' is made when the volume '%s' of the "
            "pool '%s' is gone",
            stem, pbx->image->source, disk->name, guests->pool);
}

static int plan_recipe(const struct guest_plan *guests, const struct vl_image *image, const struct vl_volume *disk,
                       struct boot *boot)
{
    struct vl_arena *arena = &guests->plan->arena;
    const struct voiplab_options *options = &guests->session->options;
    const char *stem = stem_of_disk(guests, disk), *today;
    struct vl_recipe recipe;

    if (vl_recipe_find(arena, options->share_directory, options->cache_directory, image->source, &recipe, guests->err) <
        0)
        return -1;
    today = vl_arena_printf(arena, "%s-%s", recipe.name, recipe.hash);
    if (!stem)
        stem = today;
    boot->base_volume = vl_arena_printf(arena, "%s.qcow2", stem);
    boot->kernel = vl_arena_printf(arena, "%s.vmlinuz", stem);
    boot->initrd = vl_arena_printf(arena, "%s.initrd", stem);
    boot->cmdline = recipe.cmdline ? recipe.cmdline : UNKNOWN_CMDLINE;
    boot->info = vl_arena_printf(arena, "%s/info", recipe.cache);
    if (!strcmp(stem, today) &&
        (plan_upload(guests, boot->base_volume, vl_arena_printf(arena, "%s/disk.qcow2", recipe.cache), true,
                     "the base image, which every guest's disk is a linked clone of") < 0 ||
         plan_upload(guests, boot->kernel, vl_arena_printf(arena, "%s/vmlinuz", recipe.cache), false,
                     "the kernel, started directly: no boot loader to wait for") < 0 ||
         plan_upload(guests, boot->initrd, vl_arena_printf(arena, "%s/initrd", recipe.cache), false,
                     "the kernel's first root") < 0))
        return -1;
    boot->kernel = volume_path(guests, boot->kernel);
    boot->initrd = volume_path(guests, boot->initrd);
    return 0;
}

static int plan_ready_disk(const struct guest_plan *guests, const struct vl_image *image, struct boot *boot)
{
    struct vl_arena *arena = &guests->plan->arena;
    const char *file = image->source, *name = image->name;

    if (image->kind == VL_IMAGE_URL) {
        file = vl_image_place(arena, guests->session->options.cache_directory, image->name, image->source);
        name = vl_arena_strndup(arena, strrchr(file, '/') + 1, strlen(strrchr(file, '/') + 1) - strlen(".qcow2"));
    } else if (!vl_file_exists(file)) {
        return vl_fail_at(guests->err, VL_ERROR_LAB, guests->session->lab->file, image->line,
                          "[image %s] base: there is no file '%s'", image->name, file);
    }
    boot->base_volume = vl_arena_printf(arena, "%s.base.qcow2", name); /* no PBX has a dot in its name */
    return plan_upload(guests, boot->base_volume, file, true,
                       "the base image, which every guest's disk is a linked clone of");
}

static int plan_boot(const struct guest_plan *guests, const struct vl_image *image, const struct vl_volume *disk,
                     struct boot *boot)
{
    *boot = (struct boot){ .base_volume = NULL };
    switch (image->kind) {
    case VL_IMAGE_BUILD:
        return plan_recipe(guests, image, disk, boot);
    case VL_IMAGE_DISK:
    case VL_IMAGE_URL:
        return plan_ready_disk(guests, image, boot);
    case VL_IMAGE_ISO:
        boot->cdrom = image->source;
        return 0;
    }
    return 0;
}

static int plan_disk(const struct guest_plan *guests, const char *name, const struct vl_volume *volume, uint64_t size,
                     const char *base_volume)
{
    VL_FREE char *xml = NULL;

    if (volume->name)
        return 0;
    xml = vl_render_volume_xml(
        &(struct vl_volume_spec){
            .name = name,
            .format = "qcow2",
            .capacity = size,
            .backing_path = base_volume ? volume_path(guests, base_volume) : NULL,
        },
        guests->err);
    if (!xml)
        return -1;
    add_step(guests, &(struct vl_step){
                         .kind = VL_STEP_VOLUME,
                         .object = name,
                         .after = vl_arena_strdup(&guests->plan->arena, xml),
                         .size = size,
                         .why = base_volume ? "a linked clone: it holds only what differs from the base image, so it "
                                              "is made, and put back, in a moment"
                                            : "an empty disk to install on",
                     });
    return 0;
}

/* The part of a seed that is the text of a file of the lab's keys. In JSON a line feed is written otherwise. */
static struct vl_shell_part key_part(struct vl_arena *arena, const struct guest_plan *guests, const char *file,
                                     const char *text, bool json)
{
    const char *path = vl_arena_printf(arena, "%s/ssh/%s", guests->session->state.directory, file);
    VL_BUF_AUTO command = VL_BUF_INIT;
    VL_BUF_AUTO escaped = VL_BUF_INIT;

    vl_buf_puts(&command, json ? "sed 's/$/\\\\n/' " : "cat ");
    vl_shell_word(&command, path);
    if (json)
        vl_buf_puts(&command, " | tr -d '\\n'");
    for (const char *at = text; *at; at++) {
        if (json && *at == '\n')
            vl_buf_puts(&escaped, "\\n");
        else if (*at != '\n' || at[1])
            vl_buf_putc(&escaped, *at);
    }
    arena->failed |= command.failed || escaped.failed;
    return (struct vl_shell_part){ .text = vl_arena_strdup(arena, vl_buf_text(&escaped)),
                                   .command = vl_arena_strdup(arena, vl_buf_text(&command)) };
}

/* The keys of a seed, and where they are written down. */
static int seed_keys(const struct guest_plan *guests, const struct vl_pbx *pbx, struct vl_seed *seed,
                     const struct vl_shell_part **ret_parts)
{
    struct vl_arena *arena = &guests->plan->arena;
    struct vl_shell_part *parts = vl_arena_zalloc(arena, 5 * sizeof(*parts));
    const char *name = vl_arena_printf(arena, "%s_host_ed25519", pbx->name);
    struct vl_key_pair lab, host;

    if (vl_session_key(guests->session, arena, "lab_ed25519", &lab, guests->err) < 0 ||
        vl_session_key(guests->session, arena, name, &host, guests->err) < 0)
        return -1;
    if (!parts)
        return vl_no_memory(guests->err);
    seed->authorized_key = vl_text_strip(vl_arena_strdup(arena, lab.public_text));
    seed->host_private_key = host.private_text;
    seed->host_public_key = vl_text_strip(vl_arena_strdup(arena, host.public_text));
    parts[0] = key_part(arena, guests, "lab_ed25519.pub", seed->authorized_key, false);
    parts[1] = key_part(arena, guests, vl_arena_printf(arena, "%s.pub", name), seed->host_public_key, false);
    parts[2] = key_part(arena, guests, name, host.private_text, true);
    parts[3] = key_part(arena, guests, name, host.private_text, false);
    *ret_parts = parts;
    return 0;
}

/* One hash over all files of the seed: another content is another volume. */
static const char *hash_files(struct vl_arena *arena, const struct vl_fileset *files)
{
    VL_BUF_AUTO all = VL_BUF_INIT;
    char hex[VL_DIGEST_SHA256_SIZE];

    for (size_t i = 0; i < files->count; i++)
        vl_buf_printf(&all, "%s\n%s\n", files->files[i].path, files->files[i].text);
    if (all.failed || vl_digest_sha256(vl_buf_text(&all), all.length, hex) < 0) {
        arena->failed = true;
        return "";
    }
    return vl_arena_strndup(arena, hex, 12);
}

static int plan_seed(const struct guest_plan *guests, const struct vl_pbx *pbx, const char *mac,
                     const char **ret_volume)
{
    struct vl_arena *arena = &guests->plan->arena;
    const struct vl_bridge *bridge = &guests->session->lab->bridge;
    struct vl_fileset *files = vl_arena_zalloc(arena, sizeof(*files));
    struct vl_volume volume;
    const struct vl_shell_part *parts = NULL;
    struct vl_seed seed = {
        .hostname = pbx->name,
        .mac = mac,
        .address = pbx->address,
        .prefix = bridge->prefix,
        .gateway = bridge->gateway,
        .dns = bridge->dns,
    };

    if (seed_keys(guests, pbx, &seed, &parts) < 0)
        return -1;
    if (!files || vl_render_seed(arena, &seed, files, guests->err) < 0)
        return files ? -1 : vl_no_memory(guests->err);
    *ret_volume = vl_arena_printf(arena, "%s-seed-%s.iso", pbx->name, hash_files(arena, files));
    if (find_volume(guests, *ret_volume, &volume) < 0)
        return -1;
    if (volume.name && volume.uploaded)
        return 0;
    if (volume.name)
        add_step(guests, &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                            .object = *ret_volume,
                                            .why = "it was not uploaded to its end" });
    add_step(guests, &(struct vl_step){
                         .kind = VL_STEP_SEED,
                         .object = *ret_volume,
                         .source = guests->session->state.directory,
                         .files = files,
                         .parts = parts,
                         .why = "what makes a clone this guest: host name, address, the lab's SSH key and the "
                                "guest's own host key",
                     });
    return 0;
}

/* Where a person finds the command line. */
static const struct vl_shell_part *cmdline_part(struct vl_arena *arena, const char *info)
{
    struct vl_shell_part *parts = info ? vl_arena_zalloc(arena, 2 * sizeof(*parts)) : NULL;
    VL_BUF_AUTO command = VL_BUF_INIT;

    if (!parts)
        return NULL;
    vl_buf_puts(&command, "sed -n 's/^cmdline=//p' ");
    vl_shell_word(&command, info);
    arena->failed |= command.failed;
    parts[0] =
        (struct vl_shell_part){ .text = UNKNOWN_CMDLINE, .command = vl_arena_strdup(arena, vl_buf_text(&command)) };
    return parts;
}

static int find_domain(const struct guest_plan *guests, const struct vl_domain_spec *spec, struct vl_domain *domain)
{
    *domain = (struct vl_domain){ .state = VL_DOMAIN_ABSENT };
    if (guests->reachable &&
        vl_hypervisor_domain(guests->session->hypervisor, &guests->plan->arena, spec->name, domain, guests->err) < 0)
        return -1;
    if (domain->state != VL_DOMAIN_ABSENT && (!domain->lab || strcmp(domain->lab, spec->lab) != 0))
        return vl_fail(guests->err, VL_ERROR_FAILED,
                       "the hypervisor has a domain '%s' that this lab did not make; it stays as it is, so rename one "
                       "of the two",
                       spec->name);
    return 0;
}

/* Define when there is no such domain or when it would be defined differently today; start when it does not run, and
 * anew, where that is asked for, when it runs as it was before. */
static int plan_domain(const struct guest_plan *guests, const struct vl_domain_spec *spec, struct vl_domain *ret_domain)
{
    VL_FREE char *xml = vl_render_domain_xml(spec, guests->err);
    struct vl_arena *arena = &guests->plan->arena;
    bool current, runs, anew;

    if (!xml || find_domain(guests, spec, ret_domain) < 0)
        return -1;
    current =
        ret_domain->fingerprint && strstr(xml, vl_arena_printf(arena, "fingerprint=\"%s\"", ret_domain->fingerprint));
    runs = ret_domain->state == VL_DOMAIN_RUNNING;
    anew = runs && guests->session->restarts && (!current || ret_domain->behind);
    if (anew)
        add_step(guests, &(struct vl_step){ .kind = VL_STEP_STOP,
                                            .object = spec->name,
                                            .why = "it runs as it was before; the guest is asked to shut down" });
    if (!current)
        add_step(guests,
                 &(struct vl_step){
                     .kind = VL_STEP_DOMAIN,
                     .object = spec->name,
                     .before = ret_domain->fingerprint,
                     .after = vl_arena_strdup(arena, xml),
                     .parts = cmdline_part(arena, guests->info),
                     .why = runs && !anew ? "its definition has changed; a running guest takes it at its next start"
                                          : "the guest as libvirt shall run it",
                 });
    if (!runs || anew)
        add_step(guests, &(struct vl_step){ .kind = VL_STEP_START, .object = spec->name, .why = "the guest boots" });
    if (anew)
        ret_domain->files = NULL;
    return 0;
}

static bool runs_with(const struct vl_domain *domain, const char *path)
{
    for (const char *const *file = domain->files; file && *file; file++)
        if (!strcmp(*file, path))
            return true;
    return false;
}

/* Seeds that this guest had before, with its keys of then: they go once it does not run with them any more. */
static int plan_old_seeds(const struct guest_plan *guests, const struct vl_pbx *pbx, const char *seed,
                          const struct vl_domain *domain)
{
    static const char kind[] = "volume ";

    for (size_t i = 0; i < guests->made.count; i++) {
        const char *name = guests->made.lines[i] + strlen(kind);
        struct vl_volume volume;

        if (!vl_text_starts(guests->made.lines[i], kind) || !vl_made_seed_of(name, pbx->name) || !strcmp(name, seed) ||
            runs_with(domain, volume_path(guests, name)))
            continue;
        if (find_volume(guests, name, &volume) < 0)
            return -1;
        if (volume.name)
            add_step(guests, &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                                .object = name,
                                                .why = "the guest has another identity now; its old keys are in it" });
    }
    return 0;
}

static int plan_guest(const struct guest_plan *guests, const struct vl_pbx *pbx)
{
    struct vl_arena *arena = &guests->plan->arena;
    const struct vl_lab *lab = guests->session->lab;
    const char *disk = vl_arena_printf(arena, "%s.qcow2", pbx->name), *seed = NULL;
    struct guest_plan own = *guests;
    char uuid[37], mac[18];
    struct vl_volume volume;
    struct vl_domain domain;
    struct boot boot;

    vl_identity_uuid(lab->name, pbx->name, uuid);
    vl_identity_mac(lab->name, pbx->name, mac);
    own.about = pbx->name;
    if (find_volume(guests, disk, &volume) < 0 || plan_boot(guests, pbx->image, &volume, &boot) < 0 ||
        plan_disk(&own, disk, &volume, pbx->disk, boot.base_volume) < 0)
        return -1;
    tell_other_recipe(guests, pbx, &volume);
    if (!boot.cdrom && plan_seed(&own, pbx, mac, &seed) < 0)
        return -1;
    own.info = boot.info;
    if (plan_domain(&own,
                    &(struct vl_domain_spec){
                        .lab = lab->name,
                        .pbx = pbx->name,
                        .name = vl_domain_name(arena, lab, pbx),
                        .uuid = uuid,
                        .mac = mac,
                        .memory = pbx->memory,
                        .vcpus = pbx->vcpus,
                        .emulated = !guests->session->kvm,
                        .disk_path = volume_path(guests, disk),
                        .disk_format = "qcow2",
                        .seed_path = seed ? volume_path(guests, seed) : NULL,
                        .cdrom_path = boot.cdrom,
                        .kernel = boot.kernel,
                        .initrd = boot.initrd,
                        .cmdline = boot.cmdline,
                        .bridge = lab->bridge.name,
                        .os = pbx->image->os,
                    },
                    &domain) < 0)
        return -1;
    return seed ? plan_old_seeds(&own, pbx, seed, &domain) : 0;
}

/* The same base volume is wanted by many guests: its steps are kept once. */
static void drop_repeated(struct vl_plan *plan)
{
    size_t kept = 0;

    for (size_t i = 0; i < plan->count; i++) {
        bool repeated = false;

        for (size_t j = 0; j < kept && !repeated; j++)
            repeated = plan->steps[j].kind == plan->steps[i].kind && plan->steps[j].pool && plan->steps[i].pool &&
                       !strcmp(plan->steps[j].object, plan->steps[i].object);
        if (!repeated)
            plan->steps[kept++] = plan->steps[i];
    }
    plan->count = kept;
}

static int begin(struct guest_plan *guests, struct vl_session *session, struct vl_plan *plan, struct vl_error *err)
{
    *guests =
        (struct guest_plan){ .session = session, .plan = plan, .err = err, .reachable = session->hypervisor != NULL };
    guests->pool = vl_pool_name(&plan->arena, session);
    guests->pool_path = pool_path(&plan->arena, session);
    if (vl_made_read(session, &plan->arena, &guests->made, err) < 0)
        return -1;
    return plan_pool(guests);
}

/* The base volumes that this guest's disk needs. */
static int plan_shared(const struct guest_plan *guests, const struct vl_pbx *pbx)
{
    struct vl_volume disk;
    struct boot boot;

    if (find_volume(guests, vl_arena_printf(&guests->plan->arena, "%s.qcow2", pbx->name), &disk) < 0)
        return -1;
    return plan_boot(guests, pbx->image, &disk, &boot);
}

/* An image of a system that is not known, once: the first of its guests that is wanted tells it. */
static void warn_of_system(struct vl_session *session, const char *const *names, size_t index, struct vl_arena *arena)
{
    const struct vl_pbx *pbxs = session->lab->pbxs;
    const struct vl_image *image = pbxs[index].image;
    const char *complaint = image ? vl_system_complaint(arena, image->os) : NULL;

    for (size_t i = 0; i < index && complaint; i++)
        if (pbxs[i].image == image && vl_session_wanted(names, pbxs[i].name))
            return;
    if (complaint)
        vl_session_event(session, VOIPLAB_EVENT_WARNING, NULL, "%s:%d: [image %s] os: %s", session->lab->file,
                         image->os_line, image->name, complaint);
}

/* Plan something for every guest that is wanted, after the pool that all of them are in. */
static int plan_each(struct vl_session *session, const char *const *names,
                     int (*plan_one)(const struct guest_plan *guests, const struct vl_pbx *pbx), struct vl_plan *plan,
                     struct vl_error *err)
{
    struct guest_plan guests;
    bool begun = false;

    for (size_t i = 0; i < session->lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &session->lab->pbxs[i];

        if (pbx->place != VL_PLACE_VM || !vl_session_wanted(names, pbx->name))
            continue;
        if (!begun && begin(&guests, session, plan, err) < 0)
            return -1;
        begun = true;
        warn_of_system(session, names, i, &plan->arena);
        if (plan_one(&guests, pbx) < 0)
            return vl_error_wrap(err, "%s", pbx->name);
    }
    drop_repeated(plan);
    return vl_arena_check(&plan->arena, err);
}

int vl_stage_guests(struct vl_session *session, const char *const *names, struct vl_plan *plan, struct vl_error *err)
{
    return plan_each(session, names, plan_guest, plan, err);
}

int vl_stage_guests_shared(struct vl_session *session, const char *const *names, struct vl_plan *plan,
                           struct vl_error *err)
{
    return plan_each(session, names, plan_shared, plan, err);
}

int vl_stage_guest(struct vl_session *session, const struct vl_pbx *pbx, struct vl_plan *plan, struct vl_error *err)
{
    struct guest_plan guests;

    if (begin(&guests, session, plan, err) < 0 || plan_guest(&guests, pbx) < 0)
        return -1;
    return vl_arena_check(&plan->arena, err);
}

static int guest_sizes(const struct voiplab_guest *guest, uint64_t *ret_memory, uint64_t *ret_disk,
                       struct vl_error *err)
{
    if (!vl_text_is_name(guest->name))
        return vl_fail(err, VL_ERROR_USAGE, "'%s' is not a name: a letter a-z, then up to 62 of a-z, 0-9 and '-'",
                       guest->name);
    if (!vl_text_size(guest->memory, ret_memory))
        return vl_fail(err, VL_ERROR_USAGE, "--memory: '%s' is not a size with its unit, such as 300M", guest->memory);
    if (!vl_text_size(guest->disk, ret_disk))
        return vl_fail(err, VL_ERROR_USAGE, "--disk: '%s' is not a size with its unit, such as 35G", guest->disk);
    if (*ret_memory < VL_GUEST_MEMORY_LEAST)
        return vl_fail(err, VL_ERROR_USAGE, "--memory: '%s' is less than 16M", guest->memory);
    if (*ret_disk < VL_GUEST_DISK_LEAST)
        return vl_fail(err, VL_ERROR_USAGE, "--disk: '%s' is less than 1M", guest->disk);
    if (guest->cdrom && !vl_file_exists(guest->cdrom))
        return vl_fail(err, VL_ERROR_USAGE, "--cdrom: there is no file '%s'", guest->cdrom);
    return 0;
}

int vl_stage_lone_guest(struct vl_session *session, const struct voiplab_guest *guest, struct vl_plan *plan,
                        struct vl_error *err)
{
    struct guest_plan guests;
    char uuid[37], mac[18];
    VL_FREE char *cdrom = NULL;
    struct vl_volume volume;
    struct vl_domain domain;
    uint64_t memory, disk;
    const char *name, *complaint;

    if (guest_sizes(guest, &memory, &disk, err) < 0 || begin(&guests, session, plan, err) < 0)
        return -1;
    complaint = vl_system_complaint(&plan->arena, guest->os);
    if (complaint)
        vl_session_event(session, VOIPLAB_EVENT_WARNING, NULL, "--os: %s", complaint);
    name = vl_arena_printf(&plan->arena, "%s.qcow2", guest->name);
    vl_identity_uuid("default", guest->name, uuid);
    vl_identity_mac("default", guest->name, mac);
    if (guest->cdrom && !(cdrom = realpath(guest->cdrom, NULL)))
        return vl_fail_errno(err, "--cdrom: '%s'", guest->cdrom);
    if (find_volume(&guests, name, &volume) < 0 || plan_disk(&guests, name, &volume, disk, NULL) < 0)
        return -1;
    return plan_domain(&guests,
                       &(struct vl_domain_spec){
                           .lab = "default",
                           .pbx = guest->name,
                           .name = guest->name,
                           .uuid = uuid,
                           .mac = mac,
                           .memory = memory,
                           .vcpus = guest->vcpus ? guest->vcpus : 1,
                           .emulated = !session->kvm,
                           .disk_path = volume_path(&guests, name),
                           .disk_format = "qcow2",
                           .cdrom_path = cdrom,
                           .bridge = guest->bridge,
                           .os = guest->os,
                       },
                       &domain);
}
