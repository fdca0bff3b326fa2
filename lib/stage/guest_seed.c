/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The disc that makes a clone this guest: its name, address and keys. Another content is another volume, so that the
 * name tells whether it is current. For a disk that is made now it also has what Asterisk is to read
 * (guest_configured.c): that is not in the name, for it is current only then.
 */
#include <string.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "guest/seed_iso.h"
#include "lab/country.h"
#include "plan/made.h"
#include "render/seed.h"
#include "stage/guests_part.h"

/* The part of a seed that is the text of a file of the lab's keys. In JSON a line feed is written otherwise. */
static struct vl_shell_part key_part(struct vl_arena *arena, const struct vl_guest_plan *guests, const char *file,
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

int vl_guest_keys(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, struct vl_guest_keys *ret_keys)
{
    struct vl_arena *arena = &guests->plan->arena;
    struct vl_shell_part *parts = vl_arena_zalloc(arena, 5 * sizeof(*parts));
    const char *type = vl_pbx_key_type(pbx), *name = vl_arena_printf(arena, "%s_host_%s", pbx->name, type);
    const char *lab_name = vl_arena_printf(arena, "lab_%s", type);
    struct vl_key_pair lab, host;

    if (vl_session_key(guests->session, arena, lab_name, &lab, guests->err) < 0 ||
        vl_session_key(guests->session, arena, name, &host, guests->err) < 0)
        return -1;
    if (!parts)
        return vl_no_memory(guests->err);
    ret_keys->authorized = vl_text_strip(vl_arena_strdup(arena, lab.public_text));
    ret_keys->host_private = host.private_text;
    ret_keys->host_public = vl_text_strip(vl_arena_strdup(arena, host.public_text));
    parts[0] = key_part(arena, guests, vl_arena_printf(arena, "%s.pub", lab_name), ret_keys->authorized, false);
    parts[1] = key_part(arena, guests, vl_arena_printf(arena, "%s.pub", name), ret_keys->host_public, false);
    parts[2] = key_part(arena, guests, name, host.private_text, true);
    parts[3] = key_part(arena, guests, name, host.private_text, false);
    ret_keys->parts = parts;
    return 0;
}

/* One hash over the files of the seed: another content is another volume. */
static const char *hash_files(struct vl_arena *arena, const struct vl_fileset *files, size_t count)
{
    VL_BUF_AUTO all = VL_BUF_INIT;
    char hex[VL_DIGEST_SHA256_SIZE];

    for (size_t i = 0; i < count; i++)
        vl_buf_printf(&all, "%s\n%s\n", files->files[i].path, files->files[i].text);
    if (all.failed || vl_digest_sha256(vl_buf_text(&all), all.length, hex) < 0) {
        arena->failed = true;
        return "";
    }
    return vl_arena_strndup(arena, hex, 12);
}

int vl_guest_plan_seed_volume(const struct vl_guest_plan *guests, const struct vl_pbx *pbx,
                              const struct vl_guest_seed *seed, const char **ret_volume)
{
    struct vl_arena *arena = &guests->plan->arena;
    struct vl_volume volume;

    *ret_volume = vl_arena_printf(arena, "%s-seed-%s.%s", pbx->name,
                                  hash_files(arena, seed->files, seed->identity ? seed->identity : seed->files->count),
                                  seed->initrd ? "initrd" : "iso");
    if (vl_guest_volume(guests, *ret_volume, &volume) < 0)
        return -1;
    if (volume.name && volume.uploaded && !seed->anew)
        return 0;
    if (volume.name)
        vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                                     .object = *ret_volume,
                                                     .why = volume.uploaded ? "a new disk gets what holds today"
                                                                            : "it was not uploaded to its end" });
    vl_guest_add_step(guests, &(struct vl_step){ .kind = VL_STEP_SEED,
                                                 .object = *ret_volume,
                                                 .source = guests->session->state.directory,
                                                 .files = seed->files,
                                                 .label = seed->label,
                                                 .base = seed->initrd,
                                                 .parts = seed->parts,
                                                 .why = seed->why });
    return 0;
}

int vl_guest_plan_seed(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const char *mac,
                       const char **ret_volume)
{
    struct vl_arena *arena = &guests->plan->arena;
    const struct vl_bridge *bridge = &guests->session->lab->bridge;
    const struct vl_country *country = vl_country(guests->session->lab->country);
    struct vl_fileset *files = vl_arena_zalloc(arena, sizeof(*files));
    struct vl_guest_keys keys;
    size_t identity;
    struct vl_seed seed = {
        .hostname = pbx->name,
        .mac = mac,
        .address = pbx->address,
        .prefix = bridge->prefix,
        .gateway = bridge->gateway,
        .dns = bridge->dns,
        .zone = country->zone,
        .language = country->language,
    };

    if (vl_guest_keys(guests, pbx, &keys) < 0)
        return -1;
    seed.authorized_key = keys.authorized;
    seed.host_private_key = keys.host_private;
    seed.host_public_key = keys.host_public;
    if (!files || vl_render_seed(arena, &seed, files, guests->err) < 0)
        return files ? -1 : vl_no_memory(guests->err);
    identity = files->count;
    vl_guest_add_configuration(guests, pbx, files);
    return vl_guest_plan_seed_volume(guests, pbx,
                                     &(struct vl_guest_seed){ .files = files,
                                                              .identity = identity,
                                                              .anew = guests->session->configures,
                                                              .label = VL_SEED_LABEL,
                                                              .parts = keys.parts,
                                                              .why = "what makes a clone this guest: host name, "
                                                                     "address, the lab's SSH key and the guest's own "
                                                                     "host key" },
                                     ret_volume);
}

static bool runs_with(const struct vl_domain *domain, const char *path)
{
    for (const char *const *file = domain->files; file && *file; file++)
        if (!strcmp(*file, path))
            return true;
    return false;
}

/* Seeds that this guest had before, with its keys of then: they go once it does not run with them any more. */
int vl_guest_plan_old_seeds(const struct vl_guest_plan *guests, const struct vl_pbx *pbx, const char *seed,
                            const struct vl_domain *domain)
{
    for (size_t i = 0; i < guests->made.count; i++) {
        const char *name = vl_made_volume_line(&guests->made, guests->made.lines[i]);
        struct vl_volume volume;

        if (!name || !vl_made_seed_of(name, pbx->name) || !strcmp(name, seed) ||
            runs_with(domain, vl_guest_volume_path(guests, name)))
            continue;
        if (vl_guest_volume(guests, name, &volume) < 0)
            return -1;
        if (volume.name)
            vl_guest_add_step(guests,
                              &(struct vl_step){ .kind = VL_STEP_REMOVE_VOLUME,
                                                 .object = name,
                                                 .why = "the guest has another identity now; its old keys are in it" });
    }
    return 0;
}
