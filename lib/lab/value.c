/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/value.h"

#include <ctype.h>
#include <stdint.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"

enum { MAC_LENGTH = 17 };

struct reader {
    struct vl_arena *arena;
    const struct vl_lab_key *key;
    const char *value;
    char *object;
    const char *expected; /* filled by a parser that refuses the value */
};

static void *slot(const struct reader *reader)
{
    return reader->object + reader->key->offset;
}

static bool store_text(const struct reader *reader, bool good)
{
    if (good)
        *(const char **)slot(reader) = reader->value;
    return good;
}

static bool parse_text(struct reader *reader)
{
    reader->expected = "may hold printable characters only, and no quotes";
    for (const unsigned char *p = (const unsigned char *)reader->value; *p; p++)
        if (*p < ' ' || *p == 0x7f || *p == '"' || *p == '\'')
            return false;
    return store_text(reader, true);
}

static bool parse_name(struct reader *reader)
{
    reader->expected = "is not a name: a letter a-z, then up to 62 of a-z, 0-9 and '-'";
    return store_text(reader, vl_text_is_name(reader->value));
}

static bool parse_interface(struct reader *reader)
{
    reader->expected = "is not an interface name: a letter or digit, then up to 14 letters, digits, '.', '_' and '-'";
    return store_text(reader, vl_text_is_interface(reader->value));
}

static bool all_digits(const char *text)
{
    return *text && strlen(text) <= 32 && !text[strspn(text, "0123456789")];
}

static bool parse_digits(struct reader *reader)
{
    reader->expected = "is not a number of digits 0-9";
    return store_text(reader, all_digits(reader->value));
}

static bool parse_secret(struct reader *reader)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    size_t length = strlen(reader->value);

    reader->expected = "is no secret: 4 to 64 letters and digits, which need no quoting in any file";
    return store_text(reader, length >= 4 && length <= 64 && strspn(reader->value, allowed) == length);
}

static bool has_form(const char *text, const char *form)
{
    while (*form && (*form == 'h' ? isxdigit((unsigned char)*text) != 0 : *text == *form))
        text++, form++;
    return !*form && !*text;
}

/* As telephones and their labels print them; kept with colons, as Linux has them. */
static bool parse_mac(struct reader *reader)
{
    static const char *const forms[] = { "hh:hh:hh:hh:hh:hh", "hh-hh-hh-hh-hh-hh", "hhhhhhhhhhhh", "hhhh.hhhh.hhhh" };
    char *address = vl_arena_zalloc(reader->arena, MAC_LENGTH + 1);
    size_t digits = 0;
    bool good = false;

    reader->expected = "is not a MAC address such as 00:0e:08:aa:bb:cc, 00-0E-08-AA-BB-CC or 000E08AABBCC";
    for (size_t i = 0; i < VL_COUNT(forms); i++)
        good |= has_form(reader->value, forms[i]);
    for (const char *p = reader->value; good && address && *p; p++) {
        if (!isxdigit((unsigned char)*p))
            continue;
        address[digits / 2 * 3 + digits % 2] = *p;
        digits++;
    }
    for (size_t i = 2; good && address && i < MAC_LENGTH; i += 3)
        address[i] = ':';
    reader->value = good && address ? address : reader->value;
    return store_text(reader, good);
}

static bool parse_address(struct reader *reader)
{
    reader->expected = "is not an IPv4 address";
    return vl_text_ipv4(reader->value, slot(reader));
}

static bool parse_network(struct reader *reader)
{
    unsigned *prefix = (void *)(reader->object + reader->key->offset2);

    reader->expected = "is not an IPv4 address with its prefix length, such as 192.168.0.153/24";
    return vl_text_network(reader->value, slot(reader), prefix);
}

static bool parse_network_or_dhcp(struct reader *reader)
{
    bool good = !strcmp(reader->value, "dhcp") || reader->value == reader->key->stand_in || parse_network(reader);

    reader->expected = "is neither dhcp nor an IPv4 address with its prefix length, such as 192.168.0.153/24";
    return good;
}

static bool parse_address6(struct reader *reader)
{
    unsigned char address[16];

    reader->expected = "is not an IPv6 address";
    return store_text(reader, vl_text_ipv6(reader->value, address));
}

static bool parse_size(struct reader *reader)
{
    reader->expected = "is not a size with its unit, such as 300M or 35G";
    return vl_text_size(reader->value, slot(reader));
}

static bool parse_number(struct reader *reader)
{
    long number = 0;

    reader->expected =
        vl_arena_printf(reader->arena, "is not a number from %u to %u", reader->key->min, reader->key->max);
    if (!vl_text_number(reader->value, (long)reader->key->min, (long)reader->key->max, &number))
        return false;
    *(unsigned *)slot(reader) = (unsigned)number;
    return true;
}

static int index_of(const char *value, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (!strcmp(value, names[i]))
            return i;
    return -1;
}

static bool parse_yes_no(struct reader *reader)
{
    static const char *const words[] = { "no", "yes", NULL };
    int index = index_of(reader->value, words);

    reader->expected = "is neither yes nor no";
    if (index >= 0)
        *(bool *)slot(reader) = index == 1;
    return index >= 0;
}

static const char *choices_text(struct vl_arena *arena, const char *const *choices)
{
    const char *text = choices[0];

    for (size_t i = 1; choices[i]; i++)
        text = vl_arena_printf(arena, "%s, %s", text, choices[i]);
    return text;
}

static bool parse_choice(struct reader *reader)
{
    int index = index_of(reader->value, reader->key->choices);

    reader->expected =
        vl_arena_printf(reader->arena, "is none of %s", choices_text(reader->arena, reader->key->choices));
    if (index >= 0)
        *(int *)slot(reader) = index;
    return index >= 0;
}

/* An extension pattern as Asterisk reads it, without the letters and sets that would be a mistake. */
static bool is_pattern(const char *text)
{
    bool pattern = *text == '_';

    if (strlen(text) > 64 || !text[pattern])
        return false;
    for (text += pattern; *text; text++) {
        if (*text == '[' && pattern) {
            size_t members = strspn(text + 1, "0123456789-");

            if (members == 0 || text[members + 1] != ']')
                return false;
            text += members + 1;
        } else if (!strchr(pattern ? "0123456789*#XZN" : "0123456789*#", *text)) {
            return pattern && (*text == '.' || *text == '!') && !text[1];
        }
    }
    return true;
}

static bool parse_list(struct reader *reader, bool (*good)(const char *))
{
    const char *const *list = vl_text_split(reader->arena, reader->value, ", \t");

    if (!list[0])
        return false;
    for (size_t i = 0; list[i]; i++)
        if (good && !good(list[i]))
            return false;
    *(const char *const **)slot(reader) = list;
    return true;
}

static bool parse_numbers(struct reader *reader)
{
    reader->expected = "is not a list of numbers such as 1500, 1501";
    return parse_list(reader, all_digits);
}

static bool parse_patterns(struct reader *reader)
{
    reader->expected = "is not a list of numbers and patterns such as 911, _0[89]XXXXXXX";
    return parse_list(reader, is_pattern);
}

static bool parse_names(struct reader *reader)
{
    reader->expected = "is not a list of names such as local, celular";
    return parse_list(reader, vl_text_is_name);
}

/* As Debian's policy has them, and Red Hat's, whose groups begin with @. Anything else could be an option of
 * mmdebstrap's, or a pattern. */
static bool is_package(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+._-";

    return strlen(text) >= 2 && strlen(text) < 128 && (text[0] == '@' || isalnum((unsigned char)text[0])) &&
           !text[1 + strspn(text + 1, letters)];
}

static bool parse_packages(struct reader *reader)
{
    reader->expected = "is not a list of packages such as vim-tiny, mtr-tiny";
    return parse_list(reader, is_package);
}

static bool parse_choices(struct reader *reader)
{
    const char *const *list = vl_text_split(reader->arena, reader->value, ", \t");

    reader->expected = vl_arena_printf(reader->arena, "is not a list of some of %s, each at most once",
                                       choices_text(reader->arena, reader->key->choices));
    for (size_t i = 0; list[i]; i++)
        if (index_of(list[i], reader->key->choices) < 0 || vl_list_has(list + i + 1, list[i]))
            return false;
    *(const char *const **)slot(reader) = list;
    return list[0] != NULL;
}

static bool is_line(const char *text)
{
    return all_digits(text) || vl_text_is_name(text);
}

static bool parse_lines(struct reader *reader)
{
    reader->expected = "is not a list of FXO channels and providers such as 3, 4, voipcheap";
    return parse_list(reader, is_line);
}

static bool is_address(const char *text)
{
    unsigned char address6[16];
    uint32_t address;

    return vl_text_ipv4(text, &address) || vl_text_ipv6(text, address6);
}

static bool parse_addresses(struct reader *reader)
{
    reader->expected = "is not a list of addresses such as 192.168.0.1, 2001:db8::1";
    return parse_list(reader, is_address);
}

static bool is_network(const char *text)
{
    unsigned char address6[16];
    uint32_t address;
    unsigned prefix;

    return vl_text_network(text, &address, &prefix) || vl_text_network6(text, address6, &prefix);
}

static bool parse_networks(struct reader *reader)
{
    reader->expected = "is not a list of addresses with their prefix lengths, such as 10.0.0.9/8, 2001:db8::9/64";
    return parse_list(reader, is_network);
}

static bool (*const parsers[])(struct reader *) = {
    [VL_VALUE_TEXT] = parse_text,         [VL_VALUE_NAME] = parse_name,
    [VL_VALUE_DIGITS] = parse_digits,     [VL_VALUE_SECRET] = parse_secret,
    [VL_VALUE_MAC] = parse_mac,           [VL_VALUE_ADDRESS] = parse_address,
    [VL_VALUE_NETWORK] = parse_network,   [VL_VALUE_SIZE] = parse_size,
    [VL_VALUE_NUMBER] = parse_number,     [VL_VALUE_YES_NO] = parse_yes_no,
    [VL_VALUE_CHOICE] = parse_choice,     [VL_VALUE_NUMBERS] = parse_numbers,
    [VL_VALUE_PATTERNS] = parse_patterns, [VL_VALUE_INTERFACE] = parse_interface,
    [VL_VALUE_ADDRESS6] = parse_address6, [VL_VALUE_ADDRESSES] = parse_addresses,
    [VL_VALUE_NETWORKS] = parse_networks, [VL_VALUE_NETWORK_OR_DHCP] = parse_network_or_dhcp,
    [VL_VALUE_NAMES] = parse_names,       [VL_VALUE_LINES] = parse_lines,
    [VL_VALUE_PACKAGES] = parse_packages, [VL_VALUE_CHOICES] = parse_choices,
};

static const struct vl_lab_key *find_key(const struct vl_lab_key *keys, size_t key_count, const char *name)
{
    for (size_t i = 0; i < key_count; i++)
        if (!strcmp(keys[i].name, name))
            return &keys[i];
    return NULL;
}

static int unknown_key(struct vl_arena *arena, const struct vl_ini *ini, const struct vl_ini_section *section,
                       const struct vl_ini_entry *entry, const struct vl_lab_key *keys, size_t key_count,
                       struct vl_error *err)
{
    const char **names = vl_arena_zalloc(arena, (key_count + 1) * sizeof(*names));
    const char *nearest;

    if (!names)
        return vl_no_memory(err);
    for (size_t i = 0; i < key_count; i++)
        names[i] = keys[i].name;
    nearest = vl_text_nearest(entry->key, names);
    if (nearest)
        return vl_fail_at(err, VL_ERROR_LAB, ini->file, entry->line, "[%s] has no key '%s'; did you mean '%s'?",
                          section->name, entry->key, nearest);
    return vl_fail_at(err, VL_ERROR_LAB, ini->file, entry->line, "[%s] has no key '%s'; its keys are %s", section->name,
                      entry->key, choices_text(arena, names));
}

static int read_entry(struct vl_arena *arena, const struct vl_ini *ini, const struct vl_ini_section *section,
                      const struct vl_ini_entry *entry, const struct vl_lab_key *key, void *object,
                      struct vl_error *err)
{
    struct reader reader = { .arena = arena, .key = key, .value = entry->value, .object = object };

    if (parsers[key->type](&reader))
        return 0;
    return vl_fail_at(err, VL_ERROR_LAB, ini->file, entry->line, "[%s] %s: %s%s%s %s", section->name, entry->key,
                      key->type == VL_VALUE_SECRET ? "the value" : "'",
                      key->type == VL_VALUE_SECRET ? "" : vl_text_printable(arena, entry->value),
                      key->type == VL_VALUE_SECRET ? "" : "'", reader.expected);
}

/* One that it cannot be without. That it is not there need not be told where it is there and wrong, or under a name
 * that is wrong. */
static int need_key(struct vl_arena *arena, const struct vl_ini *ini, const struct vl_ini_section *section,
                    const struct vl_lab_key *key, void *object, struct vl_error *err)
{
    struct reader reader = { .arena = arena, .key = key, .value = key->stand_in, .object = object };

    if (!section->told && !err->code)
        (void)vl_fail_at(err, VL_ERROR_LAB, ini->file, section->line, "[%s] needs the key '%s'", section->name,
                         key->name);
    return key->stand_in && parsers[key->type](&reader) ? 0 : -1;
}

int vl_value_read(struct vl_arena *arena, const struct vl_ini *ini, const struct vl_ini_section *section,
                  const struct vl_lab_key *keys, size_t key_count, void *object, struct vl_error *err)
{
    int good = 0;

    for (size_t i = 0; i < section->entry_count; i++) {
        struct vl_ini_entry *entry = &section->entries[i];
        const struct vl_lab_key *key = find_key(keys, key_count, entry->key);
        VL_ERROR_AUTO one = { .code = VL_OK };
        int rc;

        if (!*entry->value)
            continue; /* that has been told */
        rc = key ? read_entry(arena, ini, section, entry, key, object, &one)
                 : unknown_key(arena, ini, section, entry, keys, key_count, &one);
        if (rc < 0)
            entry->value = "";
        if (rc < 0 && !vl_error_gather(err, &one))
            return -1;
    }
    for (size_t i = 0; i < key_count; i++)
        if (keys[i].required && !vl_ini_entry(section, keys[i].name))
            good |= need_key(arena, ini, section, &keys[i], object, err);
    return good;
}
