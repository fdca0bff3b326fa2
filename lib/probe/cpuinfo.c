/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /proc/cpuinfo: lines of `key<tab>: value`, a block for each processor (proc(5)). Only x86 has a `flags` line; the
 * others say in words of their own what they are and how many. A file that came by mail may be quoted, indented and
 * wrapped; lscpu(1) writes the same under other keys.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "probe/host.h"

enum { NAME_LIMIT = 100, PROCESSORS_MOST = 1 << 20 };

/* How far the reading has come. */
struct reading {
    struct vl_cpu cpu;
    bool in_flags; /* a line without a key goes on with the flags */
    bool counted;  /* this processor's flag is */
    bool has_pse;  /* pages of 4 MiB: every x86 of our time, but for what Xen shows to its paravirtual guests */
    long stated;   /* processors, where one line gives their number */
};

/* Processors that are not x86, by how they say what they are. */
static const struct {
    const char *key, *value; /* the value begins so; NULL: whatever it is */
    const char *family;
    bool is_64_bit;
} families[] = {
    { "CPU implementer", NULL, "ARM", false }, { "vendor_id", "IBM/S390", "IBM/S390", true },
    { "type", "sun4u", "SPARC", true },        { "type", "sun4v", "SPARC", true },
    { "type", "sun4", "SPARC", false },        { "cpu", "POWER", "POWER", true },
    { "isa", "rv64", "RISC-V", true },         { "isa", "rv", "RISC-V", false },
    { "ISA", "loongarch", "LoongArch", true },
};

/* Keys of a processor's model, and of a number of processors. */
static const char *const models[] = { "model name", "Model name", "Model Name", "Processor", "cpu", "uarch" };
static const char *const numbers[] = { "# processors", "ncpus active", "CPU(s)" };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static bool has_word(const char *list, size_t length, const char *word)
{
    size_t size = strlen(word);

    while (length > 0) {
        size_t part = 0;

        while (part < length && !is_blank(list[part]))
            part++;
        if (part == size && memcmp(list, word, size) == 0)
            return true;
        part += part < length;
        list += part;
        length -= part;
    }
    return false;
}

static void take_flags(struct reading *reading, const char *list, size_t length)
{
    static const char *const virtualization[] = { "vmx", "svm" };
    struct vl_cpu *cpu = &reading->cpu;

    cpu->is_guest |= has_word(list, length, "hypervisor");
    cpu->is_64_bit |= has_word(list, length, "lm");
    cpu->has_nested_paging |= has_word(list, length, "ept") || has_word(list, length, "npt");
    reading->has_pse |= has_word(list, length, "pse");
    for (size_t i = 0; i < VL_COUNT(virtualization) && !reading->counted; i++)
        if (has_word(list, length, virtualization[i])) {
            cpu->virtualization = virtualization[i];
            cpu->with_virtualization++;
            reading->counted = true;
        }
}

static void begin_flags(struct reading *reading, const char *list, size_t length)
{
    reading->cpu.has_flags = true;
    reading->cpu.with_flags++;
    reading->in_flags = true;
    reading->counted = false;
    take_flags(reading, list, length);
}

/* The key ends at white space or at the colon; `flags` is not `vmx flags`, which newer kernels print as well. */
static bool is_key(const char *line, size_t length, const char *key)
{
    size_t size = strlen(key);

    if (length < size || memcmp(line, key, size) != 0)
        return false;
    while (size < length && is_blank(line[size]))
        size++;
    return size < length && line[size] == ':';
}

static bool is_one_of(const char *line, size_t length, const char *const *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_key(line, length, keys[i]))
            return true;
    return false;
}

static void strip(const char **text, size_t *length)
{
    while (*length > 0 && is_blank(**text)) {
        ++*text;
        --*length;
    }
    while (*length > 0 && is_blank((*text)[*length - 1]))
        --*length;
}

static void take_text(const char **slot, size_t *slot_length, const char *value, size_t length)
{
    if (*slot || length == 0)
        return;
    *slot = value;
    *slot_length = length < NAME_LIMIT ? length : NAME_LIMIT;
}

static void take_number(struct reading *reading, const char *value, size_t length)
{
    long number = 0;

    for (size_t i = 0; i < length && value[i] >= '0' && value[i] <= '9' && number < PROCESSORS_MOST; i++)
        number = number * 10 + (value[i] - '0');
    reading->stated = number;
}

static void take_family(struct vl_cpu *cpu, const char *line, size_t length, const char *value, size_t value_length)
{
    for (size_t i = 0; i < VL_COUNT(families); i++) {
        size_t size = families[i].value ? strlen(families[i].value) : 0;

        if (!is_key(line, length, families[i].key) || value_length < size ||
            (size && memcmp(value, families[i].value, size) != 0))
            continue;
        cpu->family = families[i].family;
        cpu->is_64_bit |= families[i].is_64_bit;
        return;
    }
}

static void take_value(struct reading *reading, const char *line, size_t length, const char *value, size_t value_length)
{
    struct vl_cpu *cpu = &reading->cpu;

    strip(&value, &value_length);
    take_family(cpu, line, length, value, value_length);
    if (is_key(line, length, "processor"))
        cpu->processors++;
    else if (is_key(line, length, "flags") || is_key(line, length, "Flags"))
        begin_flags(reading, value, value_length);
    else if (is_key(line, length, "vendor_id") || is_key(line, length, "Vendor ID"))
        take_text(&cpu->vendor, &cpu->vendor_length, value, value_length);
    else if (is_one_of(line, length, models, VL_COUNT(models)))
        take_text(&cpu->model, &cpu->model_length, value, value_length);
    else if (is_one_of(line, length, numbers, VL_COUNT(numbers)))
        take_number(reading, value, value_length);
    else if (is_key(line, length, "CPU architecture"))
        cpu->is_64_bit |= has_word(value, value_length, "8") || has_word(value, value_length, "AArch64");
}

static void take_line(struct reading *reading, const char *line, size_t length)
{
    const char *colon;

    /* what mail puts before a line */
    while (length > 0 && (is_blank(*line) || *line == '>')) {
        line++;
        length--;
    }
    colon = memchr(line, ':', length);
    if (!colon && reading->in_flags && length > 0) {
        take_flags(reading, line, length);
        return;
    }
    reading->in_flags = false;
    if (colon)
        take_value(reading, line, length, colon + 1, length - (size_t)(colon + 1 - line));
}

/* One line for all of them: lscpu(1) and the kernels of s390x and sparc. */
static void settle_number(struct reading *reading)
{
    struct vl_cpu *cpu = &reading->cpu;

    if (!cpu->processors && reading->stated > 0) {
        cpu->processors = (unsigned)reading->stated;
        if (cpu->with_flags == 1)
            cpu->with_flags = cpu->processors;
        if (cpu->with_virtualization == 1)
            cpu->with_virtualization = cpu->processors;
    }
    if (!cpu->processors)
        cpu->processors = cpu->with_flags;
    if (!cpu->processors)
        cpu->processors = cpu->family != NULL;
}

struct vl_cpu vl_cpu_parse(const char *text)
{
    struct reading reading = { .stated = 0 };

    while (*text) {
        size_t length = strcspn(text, "\n");

        take_line(&reading, text, length);
        text += length + (text[length] == '\n');
    }
    settle_number(&reading);
    reading.cpu.is_paravirtual = reading.cpu.is_guest && !reading.has_pse;
    return reading.cpu;
}
