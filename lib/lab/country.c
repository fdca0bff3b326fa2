/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lab/country.h"

#include <string.h>

#include "base/cleanup.h"

static const struct vl_country countries[] = {
    { "ar", "GMT-03:00", "America/Argentina/Buenos_Aires", "es", "es_AR.UTF-8", "latam", "la-latin1" },
    { "co", "GMT-05:00", "America/Bogota", "es", "es_CO.UTF-8", "latam", "la-latin1" },
    { "ec", "GMT-05:00", "America/Guayaquil", "es", "es_EC.UTF-8", "latam", "la-latin1" },
    { "es", "GMT+01:00", "Europe/Madrid", "es", "es_ES.UTF-8", "es", "es" },
    { "gb", "GMT", "Europe/London", "en", "en_GB.UTF-8", "gb", "uk" },
    { "mx", "GMT-06:00", "America/Mexico_City", "es", "es_MX.UTF-8", "latam", "la-latin1" },
    { "us", "GMT-05:00", "America/New_York", "en", "en_US.UTF-8", "us", "us" },
};
static const struct vl_country nowhere = { "", "GMT", "Etc/UTC", "en", "en_US.UTF-8", "us", "us" };

const struct vl_country *vl_country(const char *code)
{
    for (size_t i = 0; i < VL_COUNT(countries); i++) {
        size_t length = strlen(countries[i].code);

        if (!strncmp(code, countries[i].code, length) && (!code[length] || code[length] == '-'))
            return &countries[i];
    }
    return &nowhere;
}
