/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Guests by hand: what guest/ does through libvirt, as commands of virsh(1), and images.
 */
#include <string.h>

#include "base/cleanup.h"
#include "guest/hypervisor.h"
#include "guest/kept.h"
#include "guest/recipe.h"
#include "guest/seed_iso.h"
#include "plan/wipe.h"
#include "plan/sites.h"
#include "plan/typed.h"
#include "render/volume_xml.h"

#define COMPLETE ".complete"

/* `virsh` with the connection. Quiet: it says what went wrong, and answers questions. */
static const char *virsh(const struct vl_typing *typing)
{
    return vl_arena_printf(typing->arena, "virsh -q -c %s",
                           vl_typed_word(typing->arena, vl_site_uri(typing->session, typing->step->site)));
}

static void see_listed(struct vl_typing *typing, const char *list, const char *name)
{
    vl_buf_printf(&typing->see, "%s %s | awk '{ print $1 }' | grep -x -F %s", virsh(typing), list,
                  vl_typed_word(typing->arena, name));
    vl_buf_printf(&typing->seen, "%s\n", name);
}

static void see_gone(struct vl_typing *typing, const char *list, const char *name)
{
    vl_buf_printf(&typing->see, "%s %s | awk '{ print $1 }' | grep -x -F %s || echo gone", virsh(typing), list,
                  vl_typed_word(typing->arena, name));
    vl_buf_puts(&typing->seen, "gone\n");
}

static const char *volumes_of(const struct vl_typing *typing)
{
    return vl_arena_printf(typing->arena, "vol-list %s", typing->step->pool);
}

/* XML that libvirt takes, on standard input. */
static void type_xml(struct vl_typing *typing, const char *command, const char *xml, const struct vl_shell_part *parts)
{
    const char *line = vl_arena_printf(typing->arena, "%s %s /dev/stdin", virsh(typing), command);

    if (*xml && xml[strlen(xml) - 1] != '\n')
        xml = vl_arena_printf(typing->arena, "%s\n", xml);
    vl_shell_input(&typing->type, line, xml, parts);
}

static void type_directory_of(struct vl_typing *typing, const char *file)
{
    vl_buf_printf(
        &typing->type, "mkdir -p %s\n",
        vl_typed_word(typing->arena, vl_arena_strndup(typing->arena, file, (size_t)(strrchr(file, '/') - file))));
}

static void type_transfer(struct vl_typing *typing)
{
    type_directory_of(typing, typing->step->after);
    vl_buf_printf(&typing->type, "curl --fail --location --output %s -- %s\n",
                  vl_typed_word(typing->arena, typing->step->after),
                  vl_typed_word(typing->arena, typing->step->source));
}

static void see_file(struct vl_typing *typing)
{
    vl_buf_printf(&typing->see, "test -s %s && echo there", vl_typed_word(typing->arena, typing->step->after));
    vl_buf_puts(&typing->seen, "there\n");
}

void vl_type_fetch(struct vl_typing *typing)
{
    type_transfer(typing);
    see_file(typing);
}

void vl_type_extract(struct vl_typing *typing)
{
    const struct vl_step *step = typing->step;

    type_directory_of(typing, step->after);
    vl_buf_printf(&typing->type, "xorriso -osirrox on -indev %s -extract /%s %s\n",
                  vl_typed_word(typing->arena, step->source), vl_typed_word(typing->arena, step->base),
                  vl_typed_word(typing->arena, step->after));
    see_file(typing);
}

static void type_fetch(struct vl_typing *typing, const char *file)
{
    const struct vl_step *step = typing->step;

    type_transfer(typing);
    if (step->sha256) {
        vl_buf_printf(&typing->see, "sha256sum <%s", file);
        vl_buf_printf(&typing->seen, "%s  -\n", step->sha256);
    } else {
        vl_buf_printf(&typing->see, "qemu-img info %s | grep '^file format'", file);
        vl_buf_puts(&typing->seen, "file format: qcow2\n");
    }
}

static void type_sums(struct vl_typing *typing, const char *part, const char *const *files)
{
    vl_buf_printf(&typing->type, "(cd %s && sha256sum --", part);
    for (size_t i = 0; files[i]; i++)
        vl_buf_printf(&typing->type, " %s", files[i]);
    vl_buf_puts(&typing->type, " >SHA256SUMS)\n");
}

static void type_build(struct vl_typing *typing, const char *part)
{
    const struct vl_step *step = typing->step;
    struct vl_recipe recipe = { .directory = vl_arena_printf(typing->arena, "%s/images/%s",
                                                             typing->session->options.share_directory, step->object) };

    for (const char *const *package = step->argv; package && *package; package++)
        recipe.packages =
            recipe.packages ? vl_arena_printf(typing->arena, "%s,%s", recipe.packages, *package) : *package;
    vl_shell_words(&typing->type, vl_recipe_command(typing->arena, &recipe, part));
    vl_buf_putc(&typing->type, '\n');
}

/* The recipe is a program, and stays one. */
void vl_type_image(struct vl_typing *typing)
{
    const struct vl_step *step = typing->step;
    const char *file = vl_typed_word(typing->arena, step->after), *part;

    if (step->source) {
        type_fetch(typing, file);
        return;
    }
    part = vl_arena_printf(typing->arena, "%s.part", step->after);
    vl_buf_printf(&typing->type, "mkdir -p %s\n", vl_typed_word(typing->arena, part));
    type_build(typing, part);
    part = vl_typed_word(typing->arena, part);
    type_sums(typing, part, vl_recipe_files);
    vl_buf_printf(&typing->type, "mv %s %s\n", part, file);
    vl_buf_printf(&typing->see, "(cd %s && sha256sum --check --quiet SHA256SUMS && echo whole)", file);
    vl_buf_puts(&typing->seen, "whole\n");
}

/* The machine that makes the copy clean is written down as it is run; its own files are voiplab's. */
void vl_type_capture(struct vl_typing *typing)
{
    const struct vl_wipe *capture = typing->step->wipe;
    struct vl_arena *arena = typing->arena;

    vl_buf_printf(&typing->type,
                  "virsh suspend %s\nvirsh vol-download --pool %s %s copy.qcow2\nvirsh resume %s\n"
                  "# in a machine without a network, whose init is %s, which has copy.qcow2 as /dev/vda:\n"
                  "# what the guest is, what the lab gave it, logs and what was deleted go\n"
                  "qemu-img convert -c -O qcow2 copy.qcow2 %s/disk.qcow2\n",
                  vl_typed_word(arena, capture->disk.domain), vl_typed_word(arena, typing->step->pool),
                  vl_typed_word(arena, typing->step->source), vl_typed_word(arena, capture->disk.domain),
                  vl_typed_word(arena, capture->init), vl_typed_word(arena, typing->step->after));
}

void vl_type_keep(struct vl_typing *typing)
{
    static const char *const alone[] = { "disk.qcow2", "info", NULL };
    const struct vl_step *step = typing->step;
    const struct vl_kept_source *kept = step->kept;
    const char *file = vl_typed_word(typing->arena, step->after);
    const char *part = vl_arena_printf(typing->arena, "%s.part", step->after),
               *word = vl_typed_word(typing->arena, part);

    vl_buf_printf(&typing->type, "mkdir -p %s\n", word);
    vl_shell_words(&typing->type,
                   vl_kept_convert_command(typing->arena, kept, vl_arena_printf(typing->arena, "%s/disk.qcow2", part)));
    vl_buf_putc(&typing->type, '\n');
    vl_shell_input(&typing->type, vl_arena_printf(typing->arena, "cat >%s/info", word),
                   vl_kept_info(typing->arena, kept), NULL);
    if (kept->kernel)
        vl_buf_printf(&typing->type, "cp -- %s %s/vmlinuz\ncp -- %s %s/initrd\n",
                      vl_typed_word(typing->arena, kept->kernel), word, vl_typed_word(typing->arena, kept->initrd),
                      word);
    type_sums(typing, word, kept->kernel ? vl_recipe_files : alone);
    vl_buf_printf(&typing->type, "mv %s %s\n", word, file);
    vl_buf_printf(&typing->see, "(cd %s && sha256sum --check --quiet SHA256SUMS && echo whole)", file);
    vl_buf_puts(&typing->seen, "whole\n");
}

void vl_type_pool(struct vl_typing *typing)
{
    const struct vl_step *step = typing->step;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *xml = vl_render_pool_xml(step->object, step->after, &ignored);

    if (!xml) {
        typing->arena->failed = true;
        return;
    }
    type_xml(typing, "pool-define", xml, NULL);
    for (size_t i = 0; i < 3; i++)
        vl_buf_printf(&typing->type, "%s %s %s\n", virsh(typing),
                      (const char *[]){ "pool-build", "pool-start", "pool-autostart" }[i], step->object);
    see_listed(typing, "pool-list --autostart", step->object);
}

void vl_type_volume(struct vl_typing *typing)
{
    type_xml(typing, vl_arena_printf(typing->arena, "vol-create %s", typing->step->pool), typing->step->after, NULL);
    see_listed(typing, volumes_of(typing), typing->step->object);
}

/* The volume, what is in it, and beside it the empty one that says that it came to its end. */
static void type_filled(struct vl_typing *typing, const char *xml, const char *file, const struct vl_shell_part *parts)
{
    const struct vl_step *step = typing->step;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *mark = vl_render_volume_xml(
        &(struct vl_volume_spec){ .name = vl_arena_printf(typing->arena, "%s" COMPLETE, step->object),
                                  .format = "raw" },
        &ignored);
    const char *create = vl_arena_printf(typing->arena, "vol-create %s", step->pool);

    if (!mark) {
        typing->arena->failed = true;
        return;
    }
    type_xml(typing, create, xml, parts);
    vl_buf_printf(&typing->type, "%s vol-upload --pool %s %s %s\n", virsh(typing), step->pool, step->object, file);
    type_xml(typing, create, mark, NULL);
    see_listed(typing, volumes_of(typing), vl_arena_printf(typing->arena, "%s" COMPLETE, step->object));
}

/* A number that no volume has, in whose place comes what a command says when the file is there. */
#define UNKNOWN_SIZE "1111111111111111111"

static const char *with_unknown_size(const struct vl_typing *typing, const char *xml)
{
    const char *size = strstr(xml, "\">0</capacity>");

    return size ? vl_arena_printf(typing->arena, "%.*s\">" UNKNOWN_SIZE "%s", (int)(size - xml), xml, size + 3) : xml;
}

void vl_type_upload(struct vl_typing *typing)
{
    const struct vl_step *step = typing->step;
    const char *file = vl_typed_word(typing->arena, step->source);
    bool qcow2 = strstr(step->after, "\"qcow2\"") != NULL;
    const struct vl_shell_part parts[] = {
        { .text = UNKNOWN_SIZE,
          .command = vl_arena_printf(
              typing->arena,
              qcow2 ? "qemu-img info %s | sed -n 's/^virtual.*(\\([0-9]*\\) bytes)/\\1/p'" : "stat -c %%s %s", file) },
        { .text = NULL },
    };

    type_filled(typing, with_unknown_size(typing, step->after), file, parts);
}

/* In a directory of its own, from where the image is made as vl_seed_iso() does it. */
void vl_type_seed(struct vl_typing *typing)
{
    static const struct vl_shell_part size[] = { { .text = UNKNOWN_SIZE, .command = "stat -c %s seed.iso" },
                                                 { .text = NULL } };
    const struct vl_step *step = typing->step;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *xml =
        vl_render_volume_xml(&(struct vl_volume_spec){ .name = step->object, .format = "raw" }, &ignored);

    vl_buf_puts(&typing->type, "cd \"$(mktemp -d)\"\nmkdir -p files/voiplab\n");
    for (size_t i = 0; i < step->files->count; i++) {
        const struct vl_file *file = &step->files->files[i];

        vl_shell_input(&typing->type,
                       vl_arena_printf(typing->arena, "install -m %04o /dev/stdin files/%s", file->mode, file->path),
                       file->text, step->parts);
    }
    if (step->label) {
        vl_buf_puts(&typing->type, VL_SEED_ISO_ENVIRONMENT " ");
        vl_shell_words(&typing->type, vl_seed_iso_command(typing->arena, step->label, "seed.iso", "files"));
        vl_buf_putc(&typing->type, '\n');
    } else {
        vl_buf_printf(&typing->type,
                      "(dd if=%s bs=512 conv=sync status=none; cd files; find . | cpio -o -H newc) >seed.iso\n",
                      vl_typed_word(typing->arena, step->base));
    }
    if (xml)
        type_filled(typing, with_unknown_size(typing, xml), "seed.iso", size);
    vl_buf_puts(&typing->type, "rm -r files seed.iso\ncd\n");
    typing->arena->failed |= !xml;
}

/* The name of a domain is one word: it is made of names. */
static void type_domain_command(struct vl_typing *typing, const char *command)
{
    vl_buf_printf(&typing->type, "%s %s %s\n", virsh(typing), command, typing->step->object);
}

static void see_state(struct vl_typing *typing, const char *state)
{
    vl_buf_printf(&typing->see, "%s domstate %s", virsh(typing), typing->step->object);
    vl_buf_printf(&typing->seen, "%s\n", state);
}

void vl_type_domain(struct vl_typing *typing)
{
    type_xml(typing, "define --validate", typing->step->after, typing->step->parts);
    see_listed(typing, "list --all --name", typing->step->object);
}

/* A part of the definition of a device, which libvirt finds by its address. */
static void type_device(struct vl_typing *typing, const char *xml)
{
    if (xml)
        type_xml(typing, vl_arena_printf(typing->arena, "update-device --live %s", typing->step->object), xml, NULL);
}

void vl_type_change(struct vl_typing *typing)
{
    const struct vl_step *step = typing->step;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_live_changes changes;

    if (vl_hypervisor_changes(typing->arena, step->before, step->after, &changes, &ignored) < 0)
        return;
    if (changes.memory_kib)
        vl_buf_printf(&typing->type, "%s setmem --live %s %llu\n", virsh(typing), step->object, changes.memory_kib);
    if (changes.vcpus)
        vl_buf_printf(&typing->type, "%s setvcpus --live %s %u\n", virsh(typing), step->object, changes.vcpus);
    type_device(typing, changes.card);
    type_device(typing, changes.drive);
}

void vl_type_autostart(struct vl_typing *typing)
{
    type_domain_command(typing, typing->step->after ? "autostart" : "autostart --disable");
}

/* A guest that runs has the file open: then its QEMU is told. */
void vl_type_grow(struct vl_typing *typing)
{
    const struct vl_step *step = typing->step;

    vl_buf_printf(&typing->type,
                  "%s vol-resize --pool %s %s %llu ||\n    %s blockresize %s \"$(%s vol-path --pool %s %s)\" %lluB\n",
                  virsh(typing), step->pool, step->object, (unsigned long long)step->size, virsh(typing), step->source,
                  virsh(typing), step->pool, step->object, (unsigned long long)step->size);
    vl_buf_printf(&typing->see, "%s vol-info --bytes --pool %s %s | awk '/^Capacity/ { print $2 }'", virsh(typing),
                  step->pool, step->object);
    vl_buf_printf(&typing->seen, "%llu\n", (unsigned long long)step->size);
}

void vl_type_start(struct vl_typing *typing)
{
    type_domain_command(typing, "start");
    see_state(typing, "running");
}

/* A guest that is asked to stop takes its time, and one that does not hear it never does. */
void vl_type_stop(struct vl_typing *typing)
{
    if (!typing->step->at_once) {
        type_domain_command(typing, "shutdown");
        vl_buf_printf(&typing->type,
                      "timeout 60 sh -c 'until %s domstate %s | grep -q off; do sleep 1; done' ||\n    %s destroy %s\n",
                      virsh(typing), typing->step->object, virsh(typing), typing->step->object);
    } else {
        type_domain_command(typing, "destroy");
    }
    see_state(typing, "shut off");
}

void vl_type_undefine(struct vl_typing *typing)
{
    type_domain_command(typing, "undefine --managed-save --snapshots-metadata");
    see_gone(typing, "list --all --name", typing->step->object);
}

void vl_type_save(struct vl_typing *typing)
{
    const char *domain = typing->step->object;

    type_domain_command(typing, "suspend");
    vl_buf_printf(&typing->type,
                  "%s snapshot-create-as %s --no-metadata --memspec file=%s,snapshot=external \\\n"
                  "    $(%s domblklist %s | awk 'NR > 2 && NF { print \"--diskspec \" $1 \",snapshot=no\" }')\n",
                  virsh(typing), domain, vl_typed_word(typing->arena, typing->step->after), virsh(typing), domain);
    see_state(typing, "paused");
}

void vl_type_resume(struct vl_typing *typing)
{
    type_domain_command(typing, "resume");
    see_state(typing, "running");
}

void vl_type_restore(struct vl_typing *typing)
{
    vl_buf_printf(&typing->type, "%s restore %s --running\n", virsh(typing),
                  vl_typed_word(typing->arena, typing->step->source));
    see_state(typing, "running");
}

/* Not by vol-create-from, which would write all that is in the backing store as well. */
void vl_type_copy_volume(struct vl_typing *typing)
{
    const struct vl_step *step = typing->step;

    vl_buf_printf(&typing->type, "%s vol-download --pool %s %s disk.qcow2\n", virsh(typing), step->pool, step->source);
    type_xml(typing, vl_arena_printf(typing->arena, "vol-create %s", step->pool), step->after, NULL);
    vl_buf_printf(&typing->type, "%s vol-upload --pool %s %s disk.qcow2\nrm disk.qcow2\n", virsh(typing), step->pool,
                  step->object);
    see_listed(typing, volumes_of(typing), step->object);
}

void vl_type_remove_volume(struct vl_typing *typing)
{
    const struct vl_step *step = typing->step;

    vl_buf_printf(&typing->type, "%s vol-delete --pool %s %s\n", virsh(typing), step->pool, step->object);
    vl_buf_printf(&typing->type, "if %s vol-info --pool %s %s" COMPLETE " >/dev/null 2>&1; then\n", virsh(typing),
                  step->pool, step->object);
    vl_buf_printf(&typing->type, "    %s vol-delete --pool %s %s" COMPLETE "\nfi\n", virsh(typing), step->pool,
                  step->object);
    see_gone(typing, volumes_of(typing), step->object);
}

/* The directory goes when it is empty. */
void vl_type_remove_pool(struct vl_typing *typing)
{
    const char *pool = typing->step->object;

    vl_buf_printf(&typing->type, "%s pool-destroy %s\n%s pool-delete %s || :\n%s pool-undefine %s\n", virsh(typing),
                  pool, virsh(typing), pool, virsh(typing), pool);
    see_gone(typing, "pool-list --all", pool);
}
