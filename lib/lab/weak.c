/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Secrets that are guessed first: the name of the account, as in the thesis, and short ones. What they are is not said.
 */
#include <string.h>

#include "lab/schema.h"

enum { SHORTEST = 12 };

int vl_lab_check_secret(const struct vl_lab *lab, const struct vl_raw_section *section, const char *key,
                        const char *secret, const char *account, bool insecure, struct vl_error *err)
{
    bool same = secret && account && !strcmp(secret, account);

    if (!secret || lab->insecure || insecure || (!same && strlen(secret) >= SHORTEST))
        return 0;
    if (same)
        return VL_LAB_MISTAKE(lab, vl_raw_line(section, key), err,
                              "[%s] %s: it is the name of its account, which is tried first; leave it out and a random "
                              "one is made, or say insecure = yes",
                              section->section->name, key);
    return VL_LAB_MISTAKE(lab, vl_raw_line(section, key), err,
                          "[%s] %s: fewer than %d characters are soon guessed; leave it out and a random one is made, "
                          "or say insecure = yes",
                          section->section->name, key, SHORTEST);
}
