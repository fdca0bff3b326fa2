/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/made.h"

#include <dirent.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"

#define HOST_KEY "_host_ed25519"

enum { MADE_LIMIT = 1 << 20 };

int vl_made_read(const struct vl_session *session, struct vl_arena *arena, struct vl_made *ret_made,
                 struct vl_error *err)
{
    *ret_made = (struct vl_made){ .known = false };
    return session->state.directory ? vl_made_read_at(session->state.directory, arena, ret_made, err) : 0;
}

int vl_made_read_at(const char *directory, struct vl_arena *arena, struct vl_made *ret_made, struct vl_error *err)
{
    VL_ERROR_AUTO cause = { .code = VL_OK };
    VL_FREE char *text = NULL;
    char *rest, *line;

    *ret_made = (struct vl_made){ .known = false };
    if (vl_file_read(vl_arena_printf(arena, "%s/made", directory), MADE_LIMIT, &text, NULL, &cause) < 0) {
        if (cause.code == VL_ERROR_NOTFOUND)
            return 0;
        vl_error_move(err, &cause);
        return -1;
    }
    ret_made->known = true;
    ret_made->text = vl_arena_strdup(arena, text);
    for (rest = vl_arena_strdup(arena, text); (line = strsep(&rest, "\n"));)
        if (*line && *line != '#')
            vl_made_add(ret_made, arena, line, NULL);
    return vl_arena_check(arena, err);
}

/* What is of one hypervisor, and has that before its name. */
static bool is_of_site(const char *kind)
{
    return !strcmp(kind, "pool") || !strcmp(kind, "volume");
}

/* The name in a line `KIND NAME`, without the site that is looked at; NULL: it is another line. */
static const char *name_in(const struct vl_made *made, const char *line, const char *kind)
{
    size_t length = strlen(kind), site = made->at && is_of_site(kind) ? strlen(made->at) : 0;
    const char *name = line + length + 1;

    if (strncmp(line, kind, length) != 0 || line[length] != ' ')
        return NULL;
    if (!site)
        return name;
    return !strncmp(name, made->at, site) && name[site] == '/' ? name + site + 1 : NULL;
}

/* Whether a line is `KIND NAME`; NAME NULL: `kind` is the whole line. */
static bool is_line(const struct vl_made *made, const char *line, const char *kind, const char *name)
{
    const char *there = name ? name_in(made, line, kind) : NULL;

    return name ? there && !strcmp(there, name) : !strcmp(line, kind);
}

const char *vl_made_volume_line(const struct vl_made *made, const char *line)
{
    const char *name = name_in(made, line, "volume");

    return name && !strchr(name, '/') ? name : NULL;
}

bool vl_made_has(const struct vl_made *made, const char *kind, const char *name)
{
    for (size_t i = 0; i < made->count; i++)
        if (is_line(made, made->lines[i], kind, name))
            return true;
    return false;
}

void vl_made_add(struct vl_made *made, struct vl_arena *arena, const char *kind, const char *name)
{
    const char **lines;

    if (vl_made_has(made, kind, name))
        return;
    lines = vl_arena_grow(arena, made->lines, made->count, sizeof(*lines));
    if (!lines)
        return;
    made->lines = lines;
    if (name)
        lines[made->count++] = vl_arena_printf(arena, "%s %s%s%s", kind, made->at && is_of_site(kind) ? made->at : "",
                                               made->at && is_of_site(kind) ? "/" : "", name);
    else
        lines[made->count++] = kind;
}

void vl_made_drop(struct vl_made *made, const char *kind, const char *name)
{
    size_t kept = 0;

    for (size_t i = 0; i < made->count; i++)
        if (!is_line(made, made->lines[i], kind, name))
            made->lines[kept++] = made->lines[i];
    made->count = kept;
}

void vl_made_set_place(struct vl_made *made, struct vl_arena *arena, const char *name, const char *site)
{
    const char *begin = vl_arena_printf(arena, "place %s ", name);
    size_t kept = 0;

    for (size_t i = 0; i < made->count; i++)
        if (!vl_text_starts(made->lines[i], begin))
            made->lines[kept++] = made->lines[i];
    made->count = kept;
    if (site)
        vl_made_add(made, arena, vl_arena_printf(arena, "%s%s", begin, site), NULL);
}

/* A line `address ADDRESS BRIDGE NAME`; NULL: it is another one. */
static const char *address_line(const char *line)
{
    static const char kind[] = "address ";

    return vl_text_starts(line, kind) ? line + strlen(kind) : NULL;
}

void vl_made_drop_address(struct vl_made *made, const char *name)
{
    size_t kept = 0;

    for (size_t i = 0; i < made->count; i++) {
        const char *line = address_line(made->lines[i]), *last = line ? strrchr(line, ' ') : NULL;

        if (!last || strcmp(last + 1, name) != 0)
            made->lines[kept++] = made->lines[i];
    }
    made->count = kept;
}

void vl_made_set_address(struct vl_made *made, struct vl_arena *arena, const char *name, const char *address,
                         const char *bridge)
{
    const char *line = vl_arena_printf(arena, "address %s %s %s", address, bridge, name);

    if (vl_made_has(made, line, NULL))
        return;
    vl_made_drop_address(made, name);
    vl_made_add(made, arena, line, NULL);
}

const char *vl_made_address(const struct vl_made *made, const char *address, const char *bridge)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    const char *wanted = vl_arena_printf(&arena, "%s %s ", address, bridge);

    for (size_t i = 0; i < made->count; i++) {
        const char *line = address_line(made->lines[i]);

        if (line && vl_text_starts(line, wanted))
            return strrchr(line, ' ') + 1;
    }
    return NULL;
}

const char *vl_made_text(const struct vl_made *made, struct vl_arena *arena)
{
    VL_BUF_AUTO text = VL_BUF_INIT;

    vl_buf_puts(&text, "# What voiplab made for this lab. Only what stands here, or carries the lab's mark, is taken "
                       "away by 'voiplab destroy'.\n");
    for (size_t i = 0; i < made->count; i++)
        vl_buf_printf(&text, "%s\n", made->lines[i]);
    arena->failed |= text.failed;
    return vl_arena_strdup(arena, vl_buf_text(&text));
}

bool vl_made_guest(const struct vl_session *session, const struct vl_made *made, const char *name)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    if (!vl_text_is_name(name))
        return false;
    return vl_made_has(made, "guest", name) ||
           (session->state.directory &&
            vl_file_exists(vl_arena_printf(&arena, "%s/ssh/%s" HOST_KEY, session->state.directory, name)));
}

static void close_directory(DIR **directory)
{
    if (*directory)
        (void)closedir(*directory);
}

static bool has_host_keys(const struct vl_session *session)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    __attribute__((cleanup(close_directory))) DIR *keys =
        opendir(vl_arena_printf(&arena, "%s/ssh", session->state.directory));

    for (const struct dirent *key; keys && (key = readdir(keys));)
        if (vl_text_ends(key->d_name, HOST_KEY))
            return true;
    return false;
}

bool vl_made_machines(const struct vl_session *session)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    struct vl_made made;

    if (!session->lab)
        return false;
    if (vl_lab_has_machines(session->lab))
        return true;
    if (vl_made_read(session, &arena, &made, &ignored) == 0 && made.known)
        return made.count > 0;
    return session->state.directory && has_host_keys(session);
}

/* NAME-seed-HASH.iso, or .initrd where the answers of an installer are in that */
bool vl_made_seed_of(const char *volume, const char *name)
{
    size_t length = strlen(name);

    return !strncmp(volume, name, length) && vl_text_starts(volume + length, "-seed-") &&
           strspn(volume + length + 6, "0123456789abcdef") == 12 &&
           (!strcmp(volume + length + 18, ".iso") || !strcmp(volume + length + 18, ".initrd"));
}

static bool is_disk(const char *volume, const char *name)
{
    size_t length = strlen(name);

    return !strncmp(volume, name, length) && !strcmp(volume + length, ".qcow2");
}

/* NAME.ready-N.qcow2; no PBX has a dot in its name. */
bool vl_made_layer_of(const char *volume, const char *name)
{
    static const char ready[] = ".ready-";
    size_t length = strlen(name);
    const char *rest;

    if (strncmp(volume, name, length) != 0 || !vl_text_starts(volume + length, ready))
        return false;
    rest = volume + length + strlen(ready);
    length = strspn(rest, "0123456789");
    return length && !strcmp(rest + length, ".qcow2");
}

bool vl_made_volume_of(const char *volume, const char *name)
{
    return is_disk(volume, name) || vl_made_layer_of(volume, name) || vl_made_seed_of(volume, name);
}

/* As an earlier version left it: what was uploaded has a mark of its own beside it, and a disk the name of a guest. */
static bool made_by_name(const struct vl_session *session, const struct vl_made *made, const struct vl_volume *volume)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    size_t length = strlen(volume->name);
    const char *name;
    const struct vl_pbx *pbx;

    if (volume->uploaded)
        return true;
    if (!vl_text_ends(volume->name, ".qcow2"))
        return false;
    name = vl_arena_strndup(&arena, volume->name, length - strlen(".qcow2"));
    pbx = vl_lab_pbx(session->lab, name);
    return (pbx && pbx->place == VL_PLACE_VM) || vl_made_guest(session, made, name);
}

bool vl_made_volume(const struct vl_session *session, const struct vl_made *made, const struct vl_volume *volume)
{
    return made->known ? vl_made_has(made, "volume", volume->name) : made_by_name(session, made, volume);
}
