/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a server sends first, as any bytes: the lists that are found lie in them, and what is said of them is printable,
 * on one line, and bounded.
 */
#include <string.h>

#include "base/cleanup.h"
#include "machine/ssh_kexinit.h"

#include "fuzz.h"

static void check_text(const struct vl_kexinit_text *text, const char *data, size_t size)
{
    FUZZ_CHECK(!text->length || (text->at >= data && text->length <= size && text->at <= data + size - text->length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    VL_BUF_AUTO text = VL_BUF_INIT;
    VL_FREE char *bytes = malloc(size + 1); /* so that a byte too much is seen */
    struct vl_kexinit kexinit;
    const char *const *all = vl_ssh_profiles[0].lists;
    const struct vl_kexinit_sides sides = {
        .server = &kexinit, .offered = all, .library = all, .version = "libssh2", .profile = "auto"
    };

    if (!bytes || size > VL_KEXINIT_LIMIT)
        return 0;
    memcpy(bytes, data, size);
    if (vl_kexinit_find(bytes, size, &kexinit)) {
        for (int i = 0; i < VL_SSH_LISTS; i++)
            check_text(&kexinit.lists[i], bytes, size);
        vl_kexinit_explain(&sides, &text);
    }
    check_text(&kexinit.version, bytes, size);
    vl_kexinit_quote(&text, &kexinit.version);
    FUZZ_CHECK(!text.failed && text.length < 8192);
    for (size_t i = 0; i < text.length; i++)
        FUZZ_CHECK(text.data[i] >= ' ' && text.data[i] <= '~');
    return 0;
}
