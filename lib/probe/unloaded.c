/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/unloaded.h"

#include <string.h>

#include "base/cleanup.h"
#include "dialplan/module_loading.h"

enum { ASK_TIMEOUT_MS = 30000 };

bool vl_probe_lists_module(const char *list, const char *module)
{
    size_t length = strlen(module);

    for (const char *line = list; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (!strncmp(line, module, length) && line[length] == ' ')
            return true;
    }
    return false;
}

static bool starts_with(struct vl_target *target, struct vl_arena *arena, const char *module, bool *ret_named)
{
    struct vl_module_loading loading;
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;
    struct vl_conf conf = { .section_count = 0 };
    mode_t mode;

    if (target->ops->read(target, VL_MODULES_CONF, &text, &mode, &ignored) < 0 ||
        vl_conf_read(arena, VL_MODULES_CONF, text, &vl_conf_no_files, &conf, &ignored) < 0)
        return false;
    vl_module_loading_read(arena, &conf, &loading);
    *ret_named = !loading.autoload;
    return vl_module_is_loaded(&loading, module);
}

/* `  Module directory:            /usr/lib/asterisk/modules`; NULL: it is not known. */
static const char *module_directory(struct vl_target *target, struct vl_arena *arena)
{
    static const char key[] = "Module directory:";
    const char *const argv[] = { "asterisk", "-rx", "core show settings", NULL };
    int timeout = target->answer_timeout_ms ? target->answer_timeout_ms : ASK_TIMEOUT_MS;
    struct vl_command_result result = { .status = -1 };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    const char *at = NULL, *directory = NULL;

    if (target->ops->run(target, argv, NULL, timeout, &result, &ignored) == 0 && result.output)
        at = strstr(result.output, key);
    if (at) {
        at += strlen(key);
        at += strspn(at, " ");
        if (*at == '/')
            directory = vl_arena_strndup(arena, at, strcspn(at, "\r\n"));
    }
    vl_command_result_free(&result);
    return directory;
}

/* What modules.conf names, whoever wrote it has; of what it loads because it is there one has to look whether it is. */
bool vl_probe_is_unloaded(struct vl_target *target, const char *module)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_PATH_FACTS_AUTO facts = { .kind = VL_PATH_NONE };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    const char *directory;
    bool named = false;

    if (!starts_with(target, &arena, module, &named))
        return false;
    if (named)
        return true;
    directory = module_directory(target, &arena);
    return directory && target->ops->facts &&
           target->ops->facts(target, vl_arena_printf(&arena, "%s/%s", directory, module), &facts, &ignored) == 0 &&
           facts.kind != VL_PATH_NONE;
}
