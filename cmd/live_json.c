/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The figures of a load run as JSON, one object a line, each written when it is known.
 */
#include <math.h>
#include <stdio.h>

#include "cmd.h"
#include "live.h"

/* What is not known is null, as everywhere. */
static void put_real(const char *name, double value)
{
    (void)printf(", \"%s\": ", name);
    if (isnan(value) || isinf(value))
        (void)fputs("null", stdout);
    else
        (void)printf("%.10g", value);
}

static void put_count(const char *name, unsigned long long value)
{
    (void)printf(", \"%s\": %llu", name, value);
}

static void put_calls(const struct voiplab_load_figures *figures)
{
    put_real("at_s", figures->at_s);
    put_real("rate_asked", figures->rate_asked);
    put_real("rate", figures->rate);
    put_count("calls_asked", figures->asked);
    put_count("made", figures->made);
    put_count("up", figures->up);
    put_count("succeeded", figures->succeeded);
    put_count("failed", figures->failed);
    put_count("retransmissions", figures->retransmissions);
    put_count("generator_late", figures->late);
    put_real("request_p50_ms", figures->request_p50_ms);
    put_real("request_p95_ms", figures->request_p95_ms);
    put_real("loss_percent", figures->loss_percent);
    put_real("mos", figures->mos);
}

static void put_reasons(const struct voiplab_load_figures *figures)
{
    (void)fputs(", \"reasons\": [", stdout);
    for (size_t i = 0; i < figures->reason_count; i++) {
        (void)printf("%s{\"reason\": ", i ? ", " : "");
        cmd_print_json_string(figures->reasons[i].text);
        if (figures->reasons[i].code)
            put_count("code", figures->reasons[i].code);
        else
            (void)fputs(", \"code\": null", stdout);
        put_count("count", figures->reasons[i].count);
        (void)putchar('}');
    }
    (void)putchar(']');
}

static void put_memory(double used, double most)
{
    put_real("memory_used", most > 0 ? used : NAN);
    put_real("memory_total", most > 0 ? most : NAN);
}

static void put_guests(const struct voiplab_load_figures *figures)
{
    (void)fputs(", \"guests\": [", stdout);
    for (size_t i = 0; i < figures->guest_count; i++) {
        const struct voiplab_load_guest *guest = &figures->guests[i];

        (void)printf("%s{\"name\": ", i ? ", " : "");
        cmd_print_json_string(guest->name);
        put_real("processor", guest->processor);
        put_memory(guest->memory, guest->memory_most);
        (void)putchar('}');
    }
    (void)putchar(']');
}

void cmd_live_json(void *context, const struct voiplab_load_figures *figures)
{
    (void)context;
    (void)fputs("{\"load\": ", stdout);
    cmd_print_json_string(figures->load);
    put_calls(figures);
    put_reasons(figures);
    put_real("processor", figures->processor);
    put_real("generator", figures->generator);
    put_memory(figures->memory, figures->memory_most);
    put_guests(figures);
    (void)fputs("}\n", stdout);
    (void)fflush(stdout);
}
