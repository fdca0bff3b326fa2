/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * For tests that hold the parser against Asterisk.
 *
 *   dialplan_tool dump FILE                 every context as a line for each priority: context, extension, caller id,
 *                                           priority, label, application, arguments, file, line, separated by tabs
 *   dialplan_tool time FILE CONTEXT NUMBERS load FILE and look up the numbers of the file NUMBERS in CONTEXT (`-`: each
 *                                           line is NUMBER CONTEXT): prints milliseconds of both and how many matched
 *   dialplan_tool check FILE                the diagnostics: FILE:LINE: rule: text
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "dialplan/search.h"

static double now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static struct vl_dialplan *load(const char *path)
{
    const char *slash = strrchr(path, '/');
    VL_FREE char *directory = slash ? strndup(path, (size_t)(slash - path)) : strdup(".");
    struct vl_conf_reader reader = vl_conf_files(directory);
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_dialplan *plan = vl_dialplan_load(path, &reader, &err);

    if (!plan)
        (void)fprintf(stderr, "%s\n", vl_error_text(&err));
    return plan;
}

static void dump_extension(const struct vl_extension *extension)
{
    for (size_t i = 0; i < extension->priority_count; i++) {
        const struct vl_priority *step = &extension->priorities[i];
        const char *slash = strrchr(step->at.file, '/');

        (void)printf("%s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\t%d\n", extension->context->name, extension->name,
                     extension->callerid ? extension->callerid : "-", step->number, step->label ? step->label : "",
                     step->application, step->arguments, slash ? slash + 1 : step->at.file, step->at.line);
    }
}

static int dump(const struct vl_dialplan *plan)
{
    if (plan->broken)
        (void)printf("broken\n");
    for (size_t i = 0; i < plan->context_count; i++)
        for (size_t j = 0; j < plan->contexts[i]->extension_count; j++)
            dump_extension(plan->contexts[i]->extensions[j]);
    return 0;
}

static int check(const struct vl_dialplan *plan)
{
    for (size_t i = 0; i < plan->diagnostic_count; i++) {
        const struct vl_diagnostic *diagnostic = &plan->diagnostics[i];

        (void)printf("%s:%d: %s: %s\n", diagnostic->at.file, diagnostic->at.line, vl_diagnostic_rule(diagnostic->code),
                     diagnostic->text);
    }
    return 0;
}

static int look_up(const struct vl_dialplan *plan, const char *context, const char *path, double loaded_ms)
{
    VL_FCLOSE FILE *file = fopen(path, "re");
    char number[256], where[256];
    size_t asked = 0, found = 0;
    double start = now_ms();

    if (!file)
        return 1;
    while (fscanf(file, "%255s", number) == 1) {
        VL_ARENA_AUTO arena = { .blocks = NULL };
        VL_ERROR_AUTO err = { .code = VL_OK };
        struct vl_query query = { .number = number, .context = context, .priority = 1 };
        struct vl_search search;

        if (!strcmp(context, "-")) {
            if (fscanf(file, "%255s", where) != 1)
                return 1;
            query.context = where;
        }
        asked++;
        if (vl_search(plan, &query, &arena, &search, &err) == 0 && search.match)
            found++;
    }
    (void)printf("load_ms=%.1f lookup_ms=%.2f asked=%zu matched=%zu\n", loaded_ms, now_ms() - start, asked, found);
    return 0;
}

int main(int argc, char **argv)
{
    VL_DIALPLAN_AUTO *plan = NULL;
    double start = now_ms();

    if (argc < 3) {
        (void)fprintf(stderr, "usage: dialplan_tool dump|check FILE | time FILE CONTEXT NUMBERS\n");
        return 2;
    }
    plan = load(argv[2]);
    if (!plan)
        return 1;
    if (!strcmp(argv[1], "dump"))
        return dump(plan);
    if (!strcmp(argv[1], "check"))
        return check(plan);
    return argc == 5 ? look_up(plan, argv[3], argv[4], now_ms() - start) : 2;
}
