/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a worker that its guest has taken over may send: any bytes, through the receiver and the readers of fields.
 */
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cleanup.h"
#include "machine/wire.h"

#include "fuzz.h"

enum { MOST = 60000, LIMIT = 70000 };

/* In an order that the message's type chooses. */
static void take_fields(struct vl_ssh_fields *fields, unsigned order)
{
    for (int i = 0; i < 8; i++) {
        size_t left = fields->left, length = 0;
        const char *bytes;

        switch (order >> i & 3) {
        case 0:
            (void)vl_ssh_take_number(fields);
            break;
        case 1:
            bytes = vl_ssh_take_bytes(fields, &length);
            FUZZ_CHECK(length <= left && (!length || bytes + length == (const char *)fields->at));
            break;
        default:
            free(vl_ssh_take_text(fields));
        }
        FUZZ_CHECK(fields->left <= left);
    }
    (void)vl_ssh_fields_done(fields);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VL_ERROR_AUTO err = { .code = VL_OK };
    VL_BUF_AUTO message = VL_BUF_INIT;
    struct vl_ssh_fields fields;
    int ends[2], type;

    if (size > MOST || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
        return 0;
    FUZZ_CHECK(write(ends[1], data, size) == (ssize_t)size);
    (void)close(ends[1]);
    while ((type = vl_ssh_wire_receive(ends[0], LIMIT, vl_now_ms() + 1000, &message, &fields, &err)) > 0) {
        FUZZ_CHECK(fields.left == message.length && fields.left <= LIMIT);
        take_fields(&fields, (unsigned)type);
    }
    FUZZ_CHECK((type < 0) == (err.code != VL_OK));
    (void)close(ends[0]);
    return 0;
}
