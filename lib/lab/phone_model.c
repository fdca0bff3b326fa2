/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/phone_model.h"

#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/text.h"
#include "lab/ini.h"
#include "lab/value.h"

static const struct {
    const char *name;
    bool of_line;
} placeholders[] = {
#define X(id, text, line) [VL_PHONE_##id] = { text, line },
    VL_PHONE_VALUES(X)
#undef X
};

/* The placeholder that starts at `text`, and behind it; VL_PHONE_VALUE_COUNT when this is none. */
static enum vl_phone_value placeholder(const char *text, const char **ret_behind)
{
    for (int i = 0; i < VL_PHONE_VALUE_COUNT; i++) {
        size_t length = strlen(placeholders[i].name);

        if (*text == '{' && !strncmp(text + 1, placeholders[i].name, length) && text[length + 1] == '}') {
            *ret_behind = text + length + 2;
            return (enum vl_phone_value)i;
        }
    }
    return VL_PHONE_VALUE_COUNT;
}

const char *vl_phone_fill(struct vl_arena *arena, const char *template, const char *const *values)
{
    VL_BUF_AUTO buf = VL_BUF_INIT;

    while (*template) {
        enum vl_phone_value value = placeholder(template, &template);

        if (value == VL_PHONE_VALUE_COUNT)
            vl_buf_putc(&buf, *template ++);
        else
            vl_buf_puts(&buf, values[value] ? values[value] : "");
    }
    if (buf.failed)
        arena->failed = true;
    return vl_arena_strdup(arena, vl_buf_text(&buf));
}

/* What is read of a model, section by section. */
struct reading {
    struct vl_arena *arena;
    const struct vl_ini *ini;
    struct vl_phone_model *model;
    struct vl_error *err;
};

#define MISTAKE(reading, line, ...) vl_fail_at((reading)->err, VL_ERROR_LAB, (reading)->ini->file, line, __VA_ARGS__)

static int check_template(const struct reading *reading, const char *template, bool of_line, int line)
{
    while (*template) {
        enum vl_phone_value value = placeholder(template, &template);

        if (value == VL_PHONE_VALUE_COUNT && (*template == '{' || *template == '}'))
            return MISTAKE(reading, line, "'%s' starts no placeholder that voiplab fills in; see voiplab-lab(5)",
                           vl_text_printable(reading->arena, template));
        if (value == VL_PHONE_VALUE_COUNT)
            template ++;
        else if (placeholders[value].of_line && !of_line)
            return MISTAKE(reading, line, "{%s} is of a line, and stands outside of [line] and [idle]",
                           placeholders[value].name);
    }
    return 0;
}

/* An XML name, with placeholders; those of a model are ASCII. */
static int check_element(const struct reading *reading, const char *element, bool of_line, int line)
{
    static const char characters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.{}";

    if (!*element || strspn(element, characters) != strlen(element) || strchr("0123456789-.", *element))
        return MISTAKE(reading, line, "'%s' is no name of an element", vl_text_printable(reading->arena, element));
    return check_template(reading, element, of_line, line);
}

static int read_settings(const struct reading *reading, const struct vl_ini_section *section, bool of_line,
                         struct vl_phone_settings *ret_settings)
{
    struct vl_phone_setting *items = vl_arena_zalloc(reading->arena, section->entry_count * sizeof(*items));

    if (!items)
        return vl_no_memory(reading->err);
    for (size_t i = 0; i < section->entry_count; i++) {
        const struct vl_ini_entry *entry = &section->entries[i];
        size_t length = strcspn(entry->value, " \t");
        const char *text = entry->value + length;

        items[i].element = vl_arena_strndup(reading->arena, entry->value, length);
        items[i].text = vl_arena_strdup(reading->arena, text + strspn(text, " \t"));
        if (check_element(reading, items[i].element, of_line, entry->line) < 0 ||
            check_template(reading, items[i].text, of_line, entry->line) < 0)
            return -1;
    }
    *ret_settings = (struct vl_phone_settings){ .items = items, .count = section->entry_count };
    return 0;
}

/* The names of all keys, in their order. */
static int read_blank(const struct reading *reading, const struct vl_ini_section *section)
{
    const char **names = NULL;
    size_t count = 0;

    for (size_t i = 0; i < section->entry_count; i++) {
        const struct vl_ini_entry *entry = &section->entries[i];

        for (const char *const *word = vl_text_split(reading->arena, entry->value, " \t"); *word; word++) {
            const char **grown = vl_arena_grow(reading->arena, names, count, sizeof(*names));

            if (!grown)
                return vl_no_memory(reading->err);
            if (check_element(reading, *word, false, entry->line) < 0)
                return -1;
            names = grown;
            names[count++] = *word;
        }
    }
    names = vl_arena_grow(reading->arena, names, count, sizeof(*names));
    if (!names)
        return vl_no_memory(reading->err);
    names[count] = NULL;
    reading->model->blank = names;
    return 0;
}

#define KEY(text, kind, field)                                                                                         \
    {                                                                                                                  \
        .name = (text), .type = (kind), .offset = offsetof(struct vl_phone_model, field), .required = true             \
    }

static const struct vl_lab_key model_keys[] = {
    KEY("title", VL_VALUE_TEXT, title),
    { .name = "lines",
      .type = VL_VALUE_NUMBER,
      .offset = offsetof(struct vl_phone_model, lines),
      .min = 1,
      .max = 64,
      .required = true },
    { .name = "dialplan",
      .type = VL_VALUE_NUMBER,
      .offset = offsetof(struct vl_phone_model, dialplan_limit),
      .min = 64,
      .max = 65536,
      .required = true },
    KEY("file", VL_VALUE_TEXT, file),
    KEY("resync", VL_VALUE_TEXT, resync),
    KEY("admin", VL_VALUE_NAME, admin),
    KEY("root", VL_VALUE_TEXT, root),
    { .name = "attribute", .type = VL_VALUE_TEXT, .offset = offsetof(struct vl_phone_model, attribute) },
};

static const struct vl_lab_key word_keys[] = {
    KEY("yes", VL_VALUE_TEXT, yes),
    KEY("no", VL_VALUE_TEXT, no),
    KEY("ulaw", VL_VALUE_TEXT, ulaw),
    KEY("alaw", VL_VALUE_TEXT, alaw),
};

#define READ(reading, section, keys)                                                                                   \
    vl_value_read((reading)->arena, (reading)->ini, section, keys, VL_COUNT(keys), (reading)->model, (reading)->err)

static int read_model(const struct reading *reading, const struct vl_ini_section *section)
{
    struct vl_phone_model *model = reading->model;
    const char *const *words;

    if (READ(reading, section, model_keys) < 0 || check_element(reading, model->root, false, section->line) < 0 ||
        check_template(reading, model->file, false, section->line) < 0 ||
        check_template(reading, model->resync, false, section->line) < 0)
        return -1;
    if (strchr(model->file, '/') || model->file[0] == '.')
        return MISTAKE(reading, vl_ini_entry(section, "file")->line, "[model] file: '%s' is no name of a file",
                       model->file);
    if (model->resync[0] != '/')
        return MISTAKE(reading, vl_ini_entry(section, "resync")->line, "[model] resync: '%s' does not start with '/'",
                       model->resync);
    if (!model->attribute)
        return 0;
    words = vl_text_split(reading->arena, model->attribute, " \t");
    if (!words[0] || !words[1] || words[2])
        return MISTAKE(reading, vl_ini_entry(section, "attribute")->line, "[model] attribute: is no NAME VALUE");
    model->attribute = words[0];
    model->value = words[1];
    return check_element(reading, words[0], false, vl_ini_entry(section, "attribute")->line);
}

static int read_words(const struct reading *reading, const struct vl_ini_section *section)
{
    return READ(reading, section, word_keys);
}

static int read_phone(const struct reading *reading, const struct vl_ini_section *section)
{
    return read_settings(reading, section, false, &reading->model->phone);
}

static int read_line(const struct reading *reading, const struct vl_ini_section *section)
{
    return read_settings(reading, section, true, &reading->model->line);
}

static int read_idle(const struct reading *reading, const struct vl_ini_section *section)
{
    return read_settings(reading, section, true, &reading->model->idle);
}

/* Every section must be there, and no other. */
static const struct {
    const char *name;
    int (*read)(const struct reading *reading, const struct vl_ini_section *section);
} sections[] = {
    { "model", read_model }, { "words", read_words }, { "phone", read_phone },
    { "blank", read_blank }, { "line", read_line },   { "idle", read_idle },
};

static int read_sections(const struct reading *reading)
{
    bool seen[VL_COUNT(sections)] = { false };

    for (size_t i = 0; i < reading->ini->section_count; i++) {
        const struct vl_ini_section *section = &reading->ini->sections[i];
        size_t kind = 0;

        while (kind < VL_COUNT(sections) && strcmp(sections[kind].name, section->name) != 0)
            kind++;
        if (kind == VL_COUNT(sections))
            return MISTAKE(reading, section->line, "a model of a phone has no section [%s]", section->name);
        if (sections[kind].read(reading, section) < 0)
            return -1;
        seen[kind] = true;
    }
    for (size_t kind = 0; kind < VL_COUNT(sections); kind++)
        if (!seen[kind])
            return MISTAKE(reading, 0, "the section [%s] is missing", sections[kind].name);
    return 0;
}

int vl_phone_model_read(struct vl_arena *arena, const char *share_directory, const char *name,
                        struct vl_phone_model *ret_model, struct vl_error *err)
{
    const char *path = vl_arena_printf(arena, "%s/phones/%s.ini", share_directory, name);
    struct vl_phone_model model = { .name = name };
    struct vl_ini ini;
    const struct reading reading = { .arena = arena, .ini = &ini, .model = &model, .err = err };

    if (!vl_file_exists(path))
        return vl_fail(err, VL_ERROR_NOTFOUND, "there is no '%s'", path);
    if (vl_ini_read(arena, path, &ini, err) < 0 || read_sections(&reading) < 0)
        return -1;
    *ret_model = model;
    return 0;
}
