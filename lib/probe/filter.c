/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "probe/filter.h"

#include <glob.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/error.h"
#include "base/file.h"
#include "base/process.h"
#include "base/text.h"

enum { TIMEOUT_MS = 5000, SHOWN_MOST = 100, FILE_LIMIT = 1 << 20 };

/* A word of a rule that is the interface, or begins it before a wildcard. */
static bool is_name(const char *word, size_t length, const char *interface, char wildcard)
{
    if (length && word[length - 1] == wildcard)
        return !strncmp(word, interface, length - 1);
    return strlen(interface) == length && !memcmp(word, interface, length);
}

/* Whether this place of the line is in what somebody wrote as a comment. */
static bool is_quoted(const char *line, const char *place)
{
    bool quoted = false;

    for (; line < place; line++)
        quoted ^= *line == '"';
    return quoted;
}

/* `-i eth0`, `-o eth+`: iptables-save writes each option in its short form. */
static bool names_in_words(const char *line, const char *interface)
{
    for (const char *option = line; (option = strstr(option, " -")); option++) {
        const char *word = option + 4;

        if (!is_quoted(line, option) && (option[2] == 'i' || option[2] == 'o') && option[3] == ' ' &&
            is_name(word, strcspn(word, " "), interface, '+'))
            return true;
    }
    return false;
}

/* `iifname "eth0"`, `oif { "eth0", "eth1" }`, the elements of a set of interfaces; a comment is somebody's words. */
static bool names_in_quotes(const char *line, const char *interface)
{
    static const char *const kinds[] = { "iif", "oif", "elements = {" };
    const char *comment = strstr(line, " comment \""), *word = line;
    bool speaks = false;

    for (size_t i = 0; i < VL_COUNT(kinds); i++)
        speaks |= strstr(line, kinds[i]) != NULL;
    while (speaks && (word = strchr(word, '"')) && (!comment || word < comment)) {
        size_t length = strcspn(++word, "\"");

        if (is_name(word, length, interface, '*'))
            return true;
        word += length + (word[length] == '"');
    }
    return false;
}

/* `iifname eth0`, `define wan = eth0`, with and without quotes, as people write it to nftables.conf. */
static bool names_as_word(const char *line, const char *interface)
{
    static const char *const kinds[] = { "iif", "oif", "elements", "define" };
    static const char between[] = " \t{},;\"";
    const char *comment = strstr(line, " comment "), *end = comment ? comment : line + strcspn(line, "#");
    bool speaks = false;

    for (size_t i = 0; i < VL_COUNT(kinds); i++)
        speaks |= strstr(line, kinds[i]) != NULL;
    for (const char *word = line; speaks && word < end; word += strspn(word, between)) {
        size_t length = strcspn(word, between);

        if (is_name(word, length, interface, '*'))
            return true;
        word += length;
    }
    return false;
}

/* `<interface name="eth0"/>` of a zone. */
static bool names_in_zone(const char *line, const char *interface)
{
    static const char element[] = "<interface name=\"";
    const char *found = strstr(line, element), *name = found ? found + sizeof(element) - 1 : NULL;

    return name && is_name(name, strcspn(name, "\""), interface, '+');
}

static const struct filter_row {
    const char *argv[4]; /* a program prints them, */
    const char *name;    /* or these files have them: as they are called together */
    const char *files[4];
    const char *wanted, *word; /* a file without which, or without this word in it, they do not count; NULL: they do */
    bool (*names)(const char *line, const char *interface);
    const char *not_ours; /* in the line before a table that another of the filters keeps; NULL: there is none */
} rows[VL_FILTERS] = {
    [VL_FILTER_IPTABLES] = { { "iptables-save", NULL }, .names = names_in_words },
    [VL_FILTER_IP6TABLES] = { { "ip6tables-save", NULL }, .names = names_in_words },
    [VL_FILTER_NFTABLES] = { { "nft", "list", "ruleset", NULL },
                             .names = names_in_quotes,
                             .not_ours = "is managed by iptables-nft" },
    [VL_FILTER_FIREWALLD] = { .name = "firewalld's zones",
                              .files = { "/etc/firewalld/zones/*.xml" },
                              .names = names_in_zone },
    [VL_FILTER_UFW] = { .name = "ufw's rules",
                        .files = { "/etc/ufw/*.rules" },
                        .wanted = "/etc/ufw/ufw.conf",
                        .word = "\nENABLED=yes",
                        .names = names_in_words },
    [VL_FILTER_NFTABLES_FILE] = { .name = "nftables' file",
                                  .files = { "/etc/nftables.conf", "/etc/nftables.d/*.nft",
                                             "/etc/sysconfig/nftables.conf" },
                                  .names = names_as_word },
    [VL_FILTER_IPTABLES_FILES] = { .name = "iptables' files",
                                   .files = { "/etc/iptables/rules.v[46]", "/etc/sysconfig/iptables",
                                              "/etc/sysconfig/ip6tables" },
                                   .names = names_in_words },
};

/* The line with the one interface for the other. */
static const char *renamed(struct vl_arena *arena, const char *line, const char *interface, const char *instead)
{
    const char *name = line;
    size_t length = strlen(interface);

    while ((name = strstr(name, interface)))
        if (name > line && strchr(" \"", name[-1]) && strchr(" \"", name[length]))
            return vl_arena_printf(arena, "%.*s%s%s", (int)(name - line), line, instead, name + length);
        else
            name += length;
    return NULL;
}

static bool has_line(const char *const *lines, const char *line)
{
    for (; line && *lines; lines++)
        if (!strcmp(*lines, line))
            return true;
    return false;
}

void vl_filter_read(struct vl_arena *arena, enum vl_filter filter, const char *text, const char *interface,
                    const char *instead, struct vl_filter_rules *ret)
{
    const struct filter_row *row = &rows[filter];
    const char *const *lines = vl_text_split(arena, text, "\n");
    bool another = false;

    *ret = (struct vl_filter_rules){ .program = row->name ? row->name : row->argv[0], .live = !row->name };
    for (const char *const *line = lines; line && *line; line++) {
        if (vl_text_starts(*line, "table ") && line > lines)
            another = row->not_ours && strstr(line[-1], row->not_ours);
        if (another || !row->names(*line, interface) ||
            (instead && has_line(lines, renamed(arena, *line, interface, instead))))
            continue;
        if (!ret->count++)
            ret->first = vl_arena_strndup(arena, *line + strspn(*line, " \t"), SHOWN_MOST);
    }
}

static char *what_is_printed(const struct filter_row *row)
{
    const struct vl_process_options options = { .timeout_ms = TIMEOUT_MS };
    VL_PROCESS_RESULT_AUTO result = { .status = -1 };
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    char *text = NULL;

    if (vl_process_run(row->argv, &options, &result, &ignored) == 0 && !result.status) {
        text = result.output;
        result.output = NULL;
    }
    return text;
}

static bool counts(const struct filter_row *row)
{
    VL_ERROR_AUTO ignored = { .code = VL_OK };
    VL_FREE char *text = NULL;

    return !row->wanted ||
           (vl_file_read(row->wanted, FILE_LIMIT, &text, NULL, &ignored) == 0 && strstr(text, row->word));
}

/* All of them as one text: what one of them says of the one interface another may say of the other. */
static const char *what_is_filed(struct vl_arena *arena, const struct filter_row *row)
{
    const char *all = "";

    for (size_t i = 0; i < VL_COUNT(row->files) && row->files[i] && counts(row); i++) {
        glob_t found = { .gl_pathc = 0 };

        (void)glob(row->files[i], 0, NULL, &found);
        for (size_t k = 0; k < found.gl_pathc; k++) {
            VL_ERROR_AUTO ignored = { .code = VL_OK };
            VL_FREE char *text = NULL;

            if (vl_file_read(found.gl_pathv[k], FILE_LIMIT, &text, NULL, &ignored) == 0)
                all = vl_arena_printf(arena, "%s\n%s", all, text);
        }
        globfree(&found);
    }
    return all;
}

size_t vl_filter_look(struct vl_arena *arena, const char *interface, const char *instead,
                      struct vl_filter_rules ret[static VL_FILTERS])
{
    size_t count = 0;

    for (int i = 0; i < VL_FILTERS; i++) {
        VL_FREE char *printed = rows[i].name ? NULL : what_is_printed(&rows[i]);
        const char *text = rows[i].name ? what_is_filed(arena, &rows[i]) : printed;

        if (!text)
            continue;
        vl_filter_read(arena, (enum vl_filter)i, text, interface, instead, &ret[count]);
        count += ret[count].count > 0;
    }
    return count;
}
