/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The answers of a hostile Asterisk. The first byte chooses the parser, the rest is the text. Whatever is handed out
 * must be printable.
 */
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "probe/asterisk.h"

#include "fuzz.h"

static void check_text(const char *text)
{
    FUZZ_CHECK(text != NULL);
    for (; *text; text++)
        FUZZ_CHECK(*text >= ' ' && *text < 0x7f);
}

static void registry(struct vl_arena *arena, const char *text,
                     int (*parse)(struct vl_arena *, const char *, struct vl_registration **, size_t *))
{
    struct vl_registration *list;
    size_t count;

    if (parse(arena, text, &list, &count) < 0)
        return;
    for (size_t i = 0; i < count; i++) {
        check_text(list[i].host);
        check_text(list[i].username);
        check_text(list[i].state_text);
        FUZZ_CHECK((list[i].state == VL_REGISTRATION_REGISTERED) == !strcmp(list[i].state_text, "Registered"));
    }
}

static void peers(struct vl_arena *arena, const char *text,
                  int (*parse)(struct vl_arena *, const char *, struct vl_peer **, size_t *))
{
    struct vl_peer *list;
    size_t count;

    if (parse(arena, text, &list, &count) < 0)
        return;
    for (size_t i = 0; i < count; i++) {
        check_text(list[i].name);
        check_text(list[i].username);
        check_text(list[i].host);
        check_text(list[i].status_text);
        FUZZ_CHECK(list[i].milliseconds >= -1);
        FUZZ_CHECK(list[i].status != VL_PEER_OK || list[i].milliseconds >= 0);
        FUZZ_CHECK(vl_asterisk_name_matches(list[i].name, list[i].name));
    }
}

static void channels(struct vl_arena *arena, const char *text)
{
    struct vl_channel *list;
    size_t count;

    if (vl_asterisk_parse_channels_concise(arena, text, &list, &count) < 0)
        return;
    for (size_t i = 0; i < count; i++) {
        check_text(list[i].name);
        check_text(list[i].context);
        check_text(list[i].extension);
        check_text(list[i].state);
        check_text(list[i].application);
        check_text(list[i].data);
    }
}

static void numbers(const char *text)
{
    unsigned long first, second;
    unsigned major, minor;

    (void)vl_asterisk_parse_channels_count(text, &first, &second);
    (void)vl_asterisk_parse_uptime(text, &first);
    (void)vl_asterisk_parse_version(text, &major, &minor);
    (void)vl_asterisk_no_such_command(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    VL_FREE char *text = NULL;

    if (size == 0)
        return 0;
    text = strndup((const char *)data + 1, size - 1);
    if (!text)
        return 0;
    switch (data[0] == 'f' || data[0] == 'g' ? data[0] : data[0] % 5) {
    case 'f':
        registry(&arena, text, vl_asterisk_parse_pjsip_registrations);
        break;
    case 'g':
        peers(&arena, text, vl_asterisk_parse_pjsip_contacts);
        break;
    case 0:
        registry(&arena, text, vl_asterisk_parse_sip_registry);
        break;
    case 1:
        peers(&arena, text, vl_asterisk_parse_sip_peers);
        break;
    case 2:
        peers(&arena, text, vl_asterisk_parse_iax2_peers);
        break;
    case 3:
        channels(&arena, text);
        break;
    default:
        numbers(text);
    }
    return 0;
}
