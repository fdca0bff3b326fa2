/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/identity.h"

#include <stdio.h>
#include <string.h>
#include <uuid.h>

/* voiplab's name space, ea5d690b-fc84-5931-ba21-15ca864298b8: the version 5 UUID of "urn:voiplab:1" in the name space
 * of URLs. */
static const uuid_t voiplab_namespace = {
    0xea, 0x5d, 0x69, 0x0b, 0xfc, 0x84, 0x59, 0x31, 0xba, 0x21, 0x15, 0xca, 0x86, 0x42, 0x98, 0xb8,
};

/* Two steps instead of one over "LAB/NAME": no separator that a name could hold, and no memory to ask for. */
static void identity(const char *lab, const char *name, uuid_t ret_uuid)
{
    uuid_t lab_namespace;

    uuid_generate_sha1(lab_namespace, voiplab_namespace, lab, strlen(lab));
    uuid_generate_sha1(ret_uuid, lab_namespace, name, strlen(name));
}

void vl_identity_uuid(const char *lab, const char *name, char ret_text[static 37])
{
    uuid_t uuid;

    identity(lab, name, uuid);
    uuid_unparse_lower(uuid, ret_text);
}

void vl_identity_mac(const char *lab, const char *name, char ret_text[static 18])
{
    uuid_t uuid;

    identity(lab, name, uuid);
    (void)snprintf(ret_text, 18, "52:54:00:%02x:%02x:%02x", uuid[0], uuid[1], uuid[2]);
}
