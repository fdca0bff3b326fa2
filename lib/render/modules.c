/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A name a line, with what runs it in front. The file is read again before it is written, so that what an earlier run
 * has put there stays: its modules are loaded by then, and no longer missing.
 */
#include "render/modules.h"

#include <string.h>

#include "base/buf.h"
#include "base/text.h"

static const struct {
    const char *path, *head, *before_name, *after_name;
    unsigned mode;
} styles[] = {
    [VL_MODULES_LOAD_D] = { .path = "/etc/modules-load.d/voiplab.conf",
                            .head = "# Written by voiplab check-cpu --fix.\n",
                            .before_name = "",
                            .after_name = "",
                            .mode = 0644 },
    [VL_MODULES_SYSCONFIG] = { .path = "/etc/sysconfig/modules/voiplab.modules",
                               .head = "#!/bin/sh\n# Written by voiplab check-cpu --fix.\n",
                               .before_name = "/sbin/modprobe ",
                               .after_name = " >/dev/null 2>&1",
                               .mode = 0755 },
};

const char *vl_modules_path(enum vl_modules_style style)
{
    return styles[style].path;
}

void vl_render_modules(struct vl_arena *arena, enum vl_modules_style style, const char *const *names,
                       struct vl_fileset *set)
{
    VL_BUF_AUTO text = VL_BUF_INIT;
    struct vl_file file = {
        .path = styles[style].path,
        .kind = VL_FILE_WHOLE,
        .mode = styles[style].mode,
        .why = "the modules are loaded at every start of this host",
    };

    vl_buf_puts(&text, styles[style].head);
    for (size_t i = 0; names[i]; i++)
        vl_buf_printf(&text, "%s%s%s\n", styles[style].before_name, names[i], styles[style].after_name);
    arena->failed |= text.failed;
    file.text = vl_arena_strdup(arena, vl_buf_text(&text));
    vl_fileset_add(arena, set, &file);
}

/* The length of the name in a line; 0 when there is none. */
static size_t name_in(const char *line, const char **ret_name, enum vl_modules_style style)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    size_t length;

    if (!vl_text_starts(line, styles[style].before_name))
        return 0;
    *ret_name = line + strlen(styles[style].before_name);
    length = strspn(*ret_name, allowed);
    return vl_text_starts(*ret_name + length, styles[style].after_name) ? length : 0;
}

const char *const *vl_modules_listed(struct vl_arena *arena, enum vl_modules_style style, const char *text)
{
    static const char *const none[] = { NULL };
    const char **names = NULL;
    size_t count = 0;

    while (*text) {
        const char *name;
        size_t line = strcspn(text, "\n"), length = name_in(text, &name, style);
        /* one more than the names, for the NULL at the end */
        const char **grown = length ? vl_arena_zalloc(arena, (count + 2) * sizeof(*grown)) : NULL;

        if (grown) {
            if (count)
                (void)memcpy(grown, names, count * sizeof(*grown));
            grown[count++] = vl_arena_strndup(arena, name, length);
            names = grown;
        }
        text += line + (text[line] == '\n');
    }
    return names ? names : none;
}
