/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From the raw lab file to the lab. Each kind of section has a function; the larger ones live in files of their own.
 */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "lab/recipe.h"
#include "lab/schema.h"

#define RAW(raw, kind) ((raw)->kinds[kind].sections)
#define RAW_COUNT(raw, kind) ((raw)->kinds[kind].count)

static int make_lab(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    const struct vl_raw_lab *given = RAW(raw, VL_RAW_LAB)[0].object;

    lab->name = given->name;
    lab->country = given->country ? given->country : "ec";
    lab->hypervisor = given->hypervisor ? given->hypervisor : "qemu:///system";
    lab->storage = given->storage;
    lab->sshkey = given->sshkey;
    lab->insecure = given->insecure;
    lab->virtualization = (enum vl_virtualization)given->virtualization;
    if (!strcmp(lab->name, "default"))
        return VL_LAB_MISTAKE(lab, vl_raw_line(&RAW(raw, VL_RAW_LAB)[0], "name"), err,
                              "[lab] name: 'default' is the lab of the guests that have no lab file; choose another");
    if (lab->storage && lab->storage[0] != '/')
        return VL_LAB_MISTAKE(lab, vl_raw_line(&RAW(raw, VL_RAW_LAB)[0], "storage"), err,
                              "[lab] storage: '%s' is not an absolute path",
                              vl_text_printable(&lab->arena, lab->storage));
    return vl_lab_check_hypervisor(lab, vl_raw_line(&RAW(raw, VL_RAW_LAB)[0], "hypervisor"), err);
}

static void make_host(struct vl_lab *lab, const struct vl_raw_file *raw)
{
    const struct vl_raw_section *section = RAW(raw, VL_RAW_HOST);
    bool is_given = section && vl_ini_entry(section->section, "reserve");

    lab->host_reserve = is_given ? ((const struct vl_raw_host *)section->object)->reserve : VL_HOST_RESERVE;
}

/* What comes over a line that anyone on the way may change must be known beforehand. */
static int check_sum(struct vl_lab *lab, const struct vl_raw_section *section, const struct vl_image *image,
                     struct vl_error *err)
{
    static const char *const safe[] = { "https://", "file://" };
    bool is_safe = false;

    if (image->sha256 && (strlen(image->sha256) != 64 || image->sha256[strspn(image->sha256, "0123456789abcdef")]))
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "sha256"), err,
                              "[%s] sha256: '%s' should be 64 digits 0-9 and a-f, as 'sha256sum' prints them",
                              section->section->name, vl_text_printable(&lab->arena, image->sha256));
    if (image->sha256 && image->kind != VL_IMAGE_URL)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "sha256"), err, "[%s] sha256: only of url: is one compared",
                              section->section->name);
    for (size_t i = 0; i < sizeof(safe) / sizeof(safe[0]); i++)
        is_safe |= vl_text_starts(image->source, safe[i]);
    if (image->kind != VL_IMAGE_URL || image->sha256 || is_safe)
        return 0;
    return VL_LAB_MISTAKE(lab, vl_raw_line(section, "base"), err,
                          "[%s] base: what comes from '%s' could be changed on the way; use https://, or add sha256 = "
                          "its checksum",
                          section->section->name, vl_text_printable(&lab->arena, image->source));
}

enum { INSTALL_AUTO, INSTALL_BY_HAND, INSTALL_UNATTENDED };

/* The tree is the installer's to reach, and its URL stands on the command line of a kernel. */
static int check_location(struct vl_lab *lab, const struct vl_raw_section *section, const struct vl_image *image,
                          struct vl_error *err)
{
    if (vl_text_is_url(image->source))
        return 0;
    return VL_LAB_MISTAKE(lab, vl_raw_line(section, "base"), err,
                          "[%s] base: '%s' should be the http://, https:// or ftp:// URL of an installation tree, "
                          "without blanks and quotes",
                          section->section->name, vl_text_printable(&lab->arena, image->source));
}

/* One of Debian's, as its policy has them, for what is built of those. */
static int check_packages(struct vl_lab *lab, const struct vl_raw_section *section, const struct vl_image *image,
                          struct vl_error *err)
{
    for (const char *const *package = image->packages; package && *package; package++)
        if ((*package)[strspn(*package, "abcdefghijklmnopqrstuvwxyz0123456789+.-")])
            return VL_LAB_MISTAKE(lab, vl_raw_line(section, "packages"), err,
                                  "[%s] packages: '%s' is no name of a package of Debian's", section->section->name,
                                  *package);
    return 0;
}

static int check_install(struct vl_lab *lab, const struct vl_raw_section *section, const struct vl_image *image,
                         struct vl_error *err)
{
    const struct vl_raw_image *given = section->object;

    if (image->kind == VL_IMAGE_LOCATION && check_location(lab, section, image, err) < 0)
        return -1;
    if (given->install != INSTALL_AUTO && image->kind != VL_IMAGE_ISO &&
        (image->kind != VL_IMAGE_LOCATION || given->install == INSTALL_BY_HAND))
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "install"), err,
                              image->kind == VL_IMAGE_LOCATION
                                  ? "[%s] install: from a tree (location:) it is always unattended"
                                  : "[%s] install: only from a medium (iso:) or a tree (location:) is anything "
                                    "installed",
                              section->section->name);
    if (image->unattended && !image->os)
        return VL_LAB_MISTAKE(lab, section->section->line, err,
                              "[%s] needs the key 'os': how an installation is answered depends on it",
                              section->section->name);
    if (image->packages && image->kind != VL_IMAGE_BUILD && !image->unattended)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "packages"), err,
                              "[%s] packages: only what is built (build:) or installed unattended gets packages",
                              section->section->name);
    return image->kind == VL_IMAGE_BUILD ? check_packages(lab, section, image, err) : 0;
}

static int make_image(struct vl_lab *lab, const struct vl_raw_section *section, struct vl_image *image,
                      struct vl_error *err)
{
    static const char *const kinds[] = {
        [VL_IMAGE_BUILD] = "build:", [VL_IMAGE_ISO] = "iso:",    [VL_IMAGE_DISK] = "disk:",
        [VL_IMAGE_URL] = "url:",     [VL_IMAGE_KEPT] = "image:", [VL_IMAGE_LOCATION] = "location:",
    };
    const struct vl_raw_image *given = section->object;

    *image = (struct vl_image){ .name = given->name,
                                .sha256 = given->sha256,
                                .os = given->os,
                                .packages = given->packages,
                                .os_line = vl_raw_line(section, "os"),
                                .line = section->section->line };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (vl_text_starts(given->base, kinds[i])) {
            image->kind = (enum vl_image_kind)i;
            image->source = given->base + strlen(kinds[i]);
        }
    if (!image->source || !*image->source)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "base"), err,
                              "[%s] base: '%s' should read build:RECIPE, iso:FILE, disk:FILE, url:URL, image:NAME or "
                              "location:URL",
                              section->section->name, vl_text_printable(&lab->arena, given->base));
    if ((image->kind == VL_IMAGE_BUILD || image->kind == VL_IMAGE_KEPT) && !vl_text_is_name(image->source))
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "base"), err, "[%s] base: '%s' is no name of %s",
                              section->section->name, vl_text_printable(&lab->arena, image->source),
                              image->kind == VL_IMAGE_BUILD ? "a recipe" : "an image");
    if (image->kind == VL_IMAGE_ISO && image->source[0] != '/')
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "base"), err,
                              "[%s] base: '%s' should be an absolute path, for libvirt opens it, and not from here",
                              section->section->name, vl_text_printable(&lab->arena, image->source));
    image->unattended = image->kind == VL_IMAGE_LOCATION || given->install == INSTALL_UNATTENDED;
    return check_install(lab, section, image, err) < 0 ? -1 : check_sum(lab, section, image, err);
}

/* What its recipe says, without which a lab that is not up yet could not be planned. */
static int read_recipe(struct vl_lab *lab, const char *share_directory, const struct vl_raw_section *section,
                       struct vl_image *image, struct vl_error *err)
{
    struct vl_lab_recipe facts;

    if (image->kind != VL_IMAGE_BUILD)
        return 0;
    if (vl_lab_read_recipe(&lab->arena, share_directory, image->source, &facts, err) < 0)
        return vl_error_wrap(err, "%s:%d: [image %s] base", lab->file, vl_raw_line(section, "base"), image->name);
    image->sip = facts.sip;
    return 0;
}

static int make_images(struct vl_lab *lab, const struct vl_raw_file *raw, const char *share_directory,
                       struct vl_error *err)
{
    size_t count = RAW_COUNT(raw, VL_RAW_IMAGE);
    struct vl_image *images = vl_arena_zalloc(&lab->arena, count * sizeof(*images));

    if (!images)
        return vl_no_memory(err);
    for (size_t i = 0; i < count; i++)
        if (make_image(lab, &RAW(raw, VL_RAW_IMAGE)[i], &images[i], err) < 0 ||
            read_recipe(lab, share_directory, &RAW(raw, VL_RAW_IMAGE)[i], &images[i], err) < 0)
            return -1;
    lab->images = images;
    lab->image_count = count;
    return 0;
}

/* Names of sections that sip.conf has without us. */
static bool is_reserved(const char *name)
{
    return !strcmp(name, "general") || !strcmp(name, "authentication") || !strcmp(name, "hub");
}

static int make_providers(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    static const char host_characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    size_t count = RAW_COUNT(raw, VL_RAW_PROVIDER);
    struct vl_provider *providers = vl_arena_zalloc(&lab->arena, count * sizeof(*providers));

    if (!providers)
        return vl_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        const struct vl_raw_section *section = &RAW(raw, VL_RAW_PROVIDER)[i];
        const struct vl_raw_provider *given = section->object;

        if (is_reserved(given->name))
            return VL_LAB_MISTAKE(lab, section->section->line, err,
                                  "[%s] '%s' has a meaning of its own in sip.conf; choose another name",
                                  section->section->name, given->name);
        if (given->host[strspn(given->host, host_characters)])
            return VL_LAB_MISTAKE(lab, vl_raw_line(section, "host"), err, "[%s] host: '%s' is not a host name",
                                  section->section->name, vl_text_printable(&lab->arena, given->host));
        if (given->username && given->username[strspn(given->username, host_characters)])
            return VL_LAB_MISTAKE(lab, vl_raw_line(section, "username"), err,
                                  "[%s] username: '%s' may hold only letters, digits, '.' and '-'",
                                  section->section->name, vl_text_printable(&lab->arena, given->username));
        if (vl_lab_check_secret(lab, section, "secret", given->secret, given->username, given->insecure, err) < 0)
            return -1;
        providers[i] = (struct vl_provider){
            .name = given->name,
            .host = given->host,
            .username = given->username,
            .secret = given->secret,
            .has_register = given->has_register,
            .line = section->section->line,
        };
    }
    lab->providers = providers;
    lab->provider_count = count;
    return 0;
}

static int make_users(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    size_t count = RAW_COUNT(raw, VL_RAW_USER);
    struct vl_user *users = vl_arena_zalloc(&lab->arena, count * sizeof(*users));

    if (!users)
        return vl_no_memory(err);
    if (count && !lab->hub)
        return VL_LAB_MISTAKE(lab, RAW(raw, VL_RAW_USER)[0].section->line, err,
                              "[%s] is a telephone of the hub, but no [pbx] has role = hub",
                              RAW(raw, VL_RAW_USER)[0].section->name);
    for (size_t i = 0; i < count; i++) {
        const struct vl_raw_section *section = &RAW(raw, VL_RAW_USER)[i];
        const struct vl_raw_user *given = section->object;

        users[i] = (struct vl_user){
            .number = given->number,
            .name = given->name,
            .dahdi = given->dahdi,
            .voicemail = given->voicemail,
            .secret = given->secret,
            .line = section->section->line,
        };
        if (vl_lab_resolve_class(lab, section, given->class, &users[i].class, err) < 0 ||
            vl_lab_check_secret(lab, section, "secret", given->secret, given->number, given->insecure, err) < 0)
            return -1;
    }
    lab->users = users;
    lab->user_count = count;
    return 0;
}

static int make_channels(struct vl_lab *lab, const char *const *words, const unsigned **ret_channels, size_t *ret_count,
                         const struct vl_raw_section *section, const char *key, struct vl_error *err)
{
    size_t count = 0;
    unsigned *channels;

    while (words && words[count])
        count++;
    channels = vl_arena_zalloc(&lab->arena, (count + 1) * sizeof(*channels));
    if (!channels)
        return vl_no_memory(err);
    for (size_t i = 0; i < count; i++) {
        long number;

        if (!vl_text_number(words[i], 1, 1024, &number))
            return VL_LAB_MISTAKE(lab, vl_raw_line(section, key), err, "[dahdi] %s: '%s' is no channel (1 to 1024)",
                                  key, words[i]);
        channels[i] = (unsigned)number;
    }
    *ret_channels = channels;
    *ret_count = count;
    return 0;
}

const char *const vl_echocancellers[] = { "mg2", "oslec", "kb1", "sec2", "sec", "jpah", "hpec", "none", NULL };

static int make_dahdi(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    const struct vl_raw_section *section = RAW(raw, VL_RAW_DAHDI);
    const struct vl_raw_dahdi *given = section ? section->object : NULL;

    if (!section)
        return 0;
    lab->dahdi.line = section->section->line;
    lab->dahdi.zone = given->zone;
    lab->dahdi.echocanceller =
        vl_echocancellers[given->echocanceller + 1] ? vl_echocancellers[given->echocanceller] : NULL;
    if (!lab->hub)
        return VL_LAB_MISTAKE(lab, lab->dahdi.line, err, "[dahdi] is the hub's card, but no [pbx] has role = hub");
    if (make_channels(lab, given->fxs, &lab->dahdi.fxs, &lab->dahdi.fxs_count, section, "fxs", err) < 0)
        return -1;
    return make_channels(lab, given->fxo, &lab->dahdi.fxo, &lab->dahdi.fxo_count, section, "fxo", err);
}

static int make_load(struct vl_lab *lab, const struct vl_raw_section *section, struct vl_load *load,
                     struct vl_error *err)
{
    const struct vl_raw_load *given = section->object;
    const struct vl_pbx *target = vl_lab_pbx(lab, given->target);
    const char *caller;

    if (!target || target->role != VL_ROLE_GUEST)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "target"), err, "[%s] target: '%s' is not a guest of this lab",
                              section->section->name, given->target);
    if (lab->bridge.dhcp)
        return VL_LAB_MISTAKE(lab, section->section->line, err,
                              "[%s] calls come from this host's address, which [bridge] address = dhcp does not tell",
                              section->section->name);
    caller = vl_lab_first_telephone(lab, target, given->answer); /* one that answers cannot call as well */
    *load = (struct vl_load){
        .name = given->name,
        .target = target,
        .caller = given->caller ? given->caller
                  : caller      ? caller
                                : target->extensions[0],
        .extension = given->extension ? given->extension
                     : given->answer  ? given->answer
                                      : target->test_number,
        .answer = given->answer,
        .rate = given->rate ? given->rate : 10,
        .calls = given->calls ? given->calls : 100,
        .hold_ms = vl_ini_entry(section->section, "hold") ? given->hold * 1000 : 3000,
        .concurrent = given->concurrent,
        .line = section->section->line,
    };
    if (load->answer && !vl_lab_telephone_owner(lab, load->answer))
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, "answer"), err,
                              "[%s] answer: '%s' is no SIP telephone of this lab: an extension of a guest or a [user]",
                              section->section->name, load->answer);
    load->timeout_s = given->timeout ? given->timeout : load->calls / load->rate + load->hold_ms / 1000 + 60;
    for (size_t i = 0; target->extensions[i]; i++)
        if (!strcmp(target->extensions[i], load->caller))
            return 0;
    return VL_LAB_MISTAKE(lab, vl_raw_line(section, "caller"), err, "[%s] caller: '%s' is no extension of '%s'",
                          section->section->name, load->caller, target->name);
}

static int make_loads(struct vl_lab *lab, const struct vl_raw_file *raw, struct vl_error *err)
{
    size_t count = RAW_COUNT(raw, VL_RAW_LOAD);
    struct vl_load *loads = vl_arena_zalloc(&lab->arena, count * sizeof(*loads));

    if (!loads)
        return vl_no_memory(err);
    for (size_t i = 0; i < count; i++)
        if (make_load(lab, &RAW(raw, VL_RAW_LOAD)[i], &loads[i], err) < 0)
            return -1;
    lab->loads = loads;
    lab->load_count = count;
    return 0;
}

static int build(struct vl_lab *lab, const struct vl_raw_file *raw, const char *share_directory, struct vl_error *err)
{
    make_host(lab, raw);
    if (make_lab(lab, raw, err) < 0 || vl_lab_make_hypervisors(lab, raw, err) < 0 ||
        vl_lab_make_bridge(lab, raw, err) < 0 || make_images(lab, raw, share_directory, err) < 0 ||
        make_providers(lab, raw, err) < 0 || vl_lab_make_classes(lab, raw, err) < 0 ||
        vl_lab_make_pbxs(lab, raw, err) < 0 || make_users(lab, raw, err) < 0 || make_dahdi(lab, raw, err) < 0 ||
        vl_lab_make_pools(lab, raw, err) < 0 || vl_lab_make_trunks(lab, raw, err) < 0 ||
        vl_lab_make_routes(lab, raw, share_directory, err) < 0 || vl_lab_make_dialplan(lab, raw, err) < 0 ||
        make_loads(lab, raw, err) < 0 || vl_lab_make_extensions(lab, raw, err) < 0 ||
        vl_lab_make_phones(lab, raw, share_directory, err) < 0)
        return -1;
    if (lab->arena.failed)
        return vl_no_memory(err);
    return vl_lab_check(lab, err);
}

static struct vl_lab *new_lab(const char *path)
{
    struct vl_lab *lab = vl_malloc(sizeof(*lab));

    if (!lab)
        return NULL;
    *lab = (struct vl_lab){ .name = NULL };
    lab->file = vl_arena_strdup(&lab->arena, path);
    return lab;
}

static int try_build(const struct vl_raw_file *raw, const char *path, const char *share_directory, struct vl_error *err)
{
    struct vl_lab *lab = new_lab(path);
    int rc = lab ? build(lab, raw, share_directory, err) : vl_no_memory(err);

    if (lab && lab->arena.failed)
        rc = vl_no_memory(err);
    vl_lab_free(lab);
    return rc;
}

struct vl_lab *vl_lab_load(const char *path, const char *share_directory, struct vl_error *err)
{
    struct vl_lab *lab = new_lab(path);
    VL_ERROR_AUTO mistakes = { .code = VL_OK };
    struct vl_raw_file raw;

    if (!lab) {
        (void)vl_no_memory(err);
        return NULL;
    }
    if (vl_raw_read(&lab->arena, path, &raw, &mistakes, err) == 0) {
        if (!mistakes.code && build(lab, &raw, share_directory, err) == 0) {
            lab->exposed_line = raw.ini.exposed ? raw.secret_line : 0;
            return lab;
        }
        vl_lab_find_mistakes(&raw, path, share_directory, try_build, &mistakes, err);
    }
    /* what looks like a mistake after memory ran out need not be one */
    if (lab->arena.failed)
        (void)vl_no_memory(err);
    vl_lab_free(lab);
    return NULL;
}
