/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as what is kept, or told, of this host: a checkpoint of the network, its words for addresses and routes,
 * libvirt's XML, the kernel's words on processors, the head of a disk image. The first byte chooses.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/xml.h"
#include "guest/image.h"
#include "network/checkpoint_text.h"
#include "network/netlink.h"
#include "probe/host.h"

#include "fuzz.h"

static void tell_addresses(struct vl_arena *arena, const struct vl_net_messages *messages)
{
    for (size_t i = 0; i < messages->count; i++) {
        (void)vl_net_address_text(arena, &messages->list[i]);
        (void)vl_net_address_facts(&messages->list[i]);
    }
}

static void tell_routes(struct vl_arena *arena, const struct vl_net_messages *messages)
{
    for (size_t i = 0; i < messages->count; i++) {
        (void)vl_net_route_text(arena, &messages->list[i]);
        (void)vl_net_route_facts(&messages->list[i]);
    }
}

/* What was read is written so that it is read again, as the same. */
static void try_checkpoint(struct vl_arena *arena, char *text)
{
    struct vl_checkpoint first = { .root = NULL }, second = { .root = NULL };
    VL_BUF_AUTO once = VL_BUF_INIT;
    VL_BUF_AUTO twice = VL_BUF_INIT;

    if (vl_checkpoint_parse(&first, text)) {
        tell_addresses(arena, &first.uplink.addresses);
        tell_routes(arena, &first.uplink.routes);
        vl_checkpoint_text(&first, arena, &once);
        FUZZ_CHECK(vl_checkpoint_parse(&second, vl_arena_strdup(arena, vl_buf_text(&once))));
        vl_checkpoint_text(&second, arena, &twice);
        FUZZ_CHECK(!strcmp(vl_buf_text(&once), vl_buf_text(&twice)));
    }
    vl_arena_free(&first.arena);
    vl_arena_free(&second.arena);
}

static void try_word(struct vl_arena *arena, char *text)
{
    struct vl_net_message message;

    if (!vl_net_from_word(arena, text, &message))
        return;
    (void)vl_net_address_text(arena, &message);
    (void)vl_net_route_text(arena, &message);
    (void)vl_net_address_facts(&message);
    (void)vl_net_route_facts(&message);
    (void)vl_net_route_over(&message, 3);
    FUZZ_CHECK(vl_net_same_route(&message, &message));
    FUZZ_CHECK(!strcmp(vl_net_word(arena, &message), text));
}

static void try_xml(struct vl_arena *arena, char *text)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    struct vl_xml_document *document = vl_xml_parse(text, "what is given", &err);

    FUZZ_CHECK((document != NULL) == (err.code == VL_OK));
    if (document) {
        (void)vl_xml_find(document, arena, "/domain/name");
        (void)vl_xml_find(document, arena, "//*[local-name()='guest']/@lab");
        (void)vl_xml_part(document, arena, "/domain/metadata");
    }
    vl_xml_document_free(document);
}

static void try_processor(struct vl_arena *arena, char *text)
{
    size_t length;

    (void)arena;
    (void)vl_cpu_parse(text);
    (void)vl_kernel_log_firmware_lock(text, &length);
}

static void try_image(struct vl_arena *arena, char *text)
{
    VL_CLOSE int file = memfd_create("image", MFD_CLOEXEC);
    VL_ERROR_AUTO err = { .code = VL_OK };
    uint64_t size;

    FUZZ_CHECK(file >= 0 && write(file, text, strlen(text)) >= 0);
    (void)vl_image_virtual_size(vl_arena_printf(arena, "/proc/self/fd/%d", file), &size, &err);
}

static void (*const tries[])(struct vl_arena *arena, char *text) = { try_checkpoint, try_word, try_xml, try_processor,
                                                                     try_image };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };

    if (size < 1)
        return 0;
    tries[data[0] % VL_COUNT(tries)](&arena, vl_arena_strndup(&arena, (const char *)data + 1, size - 1));
    FUZZ_CHECK(!arena.failed);
    return 0;
}
