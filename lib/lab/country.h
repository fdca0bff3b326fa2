/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What goes with the countries whose numbering plans there are: clocks, language, keyboard.
 */
#ifndef VL_LAB_COUNTRY_H
#define VL_LAB_COUNTRY_H

struct vl_country {
    const char *code;
    const char *gmt;      /* standard time of the capital, as telephones are told: GMT-05:00 */
    const char *zone;     /* its name in the time zone data base (tzdata): America/Guayaquil */
    const char *language; /* of Asterisk's prompts: es, en */
    const char *locale;   /* es_EC.UTF-8 */
    const char *keymap;   /* of a console, as kbd and Debian's installer name it: latam */
    const char *layout;   /* of a console, as anaconda names it: la-latin1 */
};

/* The row of a country, also for a plan of its past (ec-2011); for one without a row that of nowhere: UTC, English. */
const struct vl_country *vl_country(const char *code);

#endif
