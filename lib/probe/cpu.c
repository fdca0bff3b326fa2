/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * /proc/cpuinfo: lines of `key<tab>: value`, a block for each processor (proc(5)). On ARM there is no `flags` line but
 * `Features`, which says nothing about virtualization.
 */
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "probe/host.h"

static bool has_word(const char *list, size_t length, const char *word)
{
    size_t size = strlen(word);

    while (length > 0) {
        size_t part = 0;

        while (part < length && list[part] != ' ' && list[part] != '\t')
            part++;
        if (part == size && memcmp(list, word, size) == 0)
            return true;
        part += part < length;
        list += part;
        length -= part;
    }
    return false;
}

static void take_flags(struct vl_cpu *cpu, const char *list, size_t length)
{
    static const char *const virtualization[] = { "vmx", "svm" };

    cpu->has_flags = true;
    cpu->is_guest |= has_word(list, length, "hypervisor");
    for (size_t i = 0; i < VL_COUNT(virtualization); i++)
        if (has_word(list, length, virtualization[i]))
            cpu->virtualization = virtualization[i];
}

/* The key ends at white space or at the colon; `flags` is not `vmx flags`, which newer kernels print as well. */
static bool is_key(const char *line, size_t length, const char *key)
{
    size_t size = strlen(key);

    if (length < size || memcmp(line, key, size) != 0)
        return false;
    while (size < length && (line[size] == ' ' || line[size] == '\t'))
        size++;
    return size < length && line[size] == ':';
}

struct vl_cpu vl_cpu_parse(const char *text)
{
    struct vl_cpu cpu = { .virtualization = NULL };

    while (*text) {
        size_t length = strcspn(text, "\n");
        const char *colon = memchr(text, ':', length);

        if (is_key(text, length, "processor"))
            cpu.processors++;
        else if (colon && is_key(text, length, "flags"))
            take_flags(&cpu, colon + 1, length - (size_t)(colon + 1 - text));
        text += length + (text[length] == '\n');
    }
    return cpu;
}
