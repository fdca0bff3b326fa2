/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The way out to the telephone network: pools of lines. A pool is a routine that tries its lines in their order and
 * returns when one of them has told something about the number that was called.
 *
 * When is the next line tried? An FXO line says BUSY when it is in use itself; whether the number is busy is heard in
 * the tone. A SIP provider says BUSY of the number, and so that the number does not exist (cause 1) or is not whole
 * (28): to dial it again over the next line would ring nobody. An emergency call is tried on every line, whatever the
 * one before has said.
 */
#include "render/writer.h"

#include <ctype.h>

/* PJSIP has the number in front of the peer, so that a line is its peer alone. */
static bool is_behind(const struct vl_pbx_writer *writer, const struct vl_line *line)
{
    return line->provider && writer->nature->sip == VL_SIP_PJSIP;
}

/* The line as Dial() knows it, without the number. */
static const char *line_name(const struct vl_pbx_writer *writer, const struct vl_line *line)
{
    if (is_behind(writer, line))
        return line->provider->name;
    if (line->provider)
        return vl_writer_device(writer, line->provider->name);
    return vl_arena_printf(writer->arena, "DAHDI/%u", line->channel);
}

/* What Dial() is given for ARG1 over a line. The lines of the default pool have names of their own, as in the thesis.
 */
static const char *dial_over(const struct vl_pbx_writer *writer, const struct vl_pool *pool, size_t index)
{
    const char *line = pool->name ? line_name(writer, &pool->lines[index])
                                  : vl_arena_printf(writer->arena, "${OUTBOUNDTRUNK%zu}", index + 1);

    if (is_behind(writer, &pool->lines[index]))
        return vl_writer_beyond(writer, line, "${ARG1}");
    return vl_arena_printf(writer->arena, "%s/${ARG1}", line);
}

void vl_write_globals(const struct vl_pbx_writer *writer)
{
    const struct vl_lab_dialplan *dialplan = &writer->lab->dialplan;

    vl_buf_printf(writer->out,
                  "[globals](+)\n"
                  "; longest call, warning before its end, interval between warnings: milliseconds\n"
                  "TIEMPO_MAX=%lu\n"
                  "TIEMPO_ADV=%lu\n"
                  "INTERVALO_ADV=%lu\n",
                  dialplan->limit_s * 1000UL, dialplan->warning_s * 1000UL, dialplan->interval_s * 1000UL);
    for (size_t i = 0; i < dialplan->pool.line_count; i++)
        vl_buf_printf(writer->out, "OUTBOUNDTRUNK%zu=%s\n", i + 1, line_name(writer, &dialplan->pool.lines[i]));
}

static const char *routine(const struct vl_pbx_writer *writer, const struct vl_pool *pool, bool emergency)
{
    if (!pool->name)
        return emergency ? OURS "sub-emergencia" : OURS "sub-outboundpool";
    return vl_arena_printf(writer->arena, emergency ? OURS "sub-emergencia-%s" : OURS "sub-pool-%s", pool->name);
}

static void put_caller(const struct vl_pbx_writer *writer)
{
    const char *number = writer->lab->dialplan.callerid;

    if (!number)
        return;
    vl_buf_puts(writer->out, "same => n,Set(CALLERID(all)=\"");
    for (const char *c = writer->lab->name; *c; c++)
        vl_buf_putc(writer->out, (char)toupper((unsigned char)*c));
    vl_buf_printf(writer->out, "\" <%s>)\n", number);
}

static void put_pool(const struct vl_pbx_writer *writer, const struct vl_pool *pool)
{
    struct vl_buf *out = writer->out;
    const char *first;

    vl_buf_printf(out,
                  "\n[%s]\n"
                  "; ARG1: number. The lines are tried in this order, until one has reached it or knows better\n"
                  "include => " OURS "call-end\n"
                  "exten => s,1,NoOp(call to ${ARG1})\n",
                  routine(writer, pool, false));
    put_caller(writer);
    first = vl_write_caller_limit(writer, "", "end");
    for (size_t i = 0; i < pool->line_count; i++) {
        vl_buf_printf(out, "same => n%s,Dial(%s,,T" VL_TIME_LIMIT ")\n", i ? "" : first, dial_over(writer, pool, i));
        if (i + 1 == pool->line_count)
            continue;
        vl_buf_puts(out, "same => n,GotoIf($[\"${DIALSTATUS}\" = \"NOANSWER\"");
        if (pool->lines[i].provider)
            vl_buf_puts(out,
                        " | \"${DIALSTATUS}\" = \"BUSY\" | \"${HANGUPCAUSE}\" = \"1\" | \"${HANGUPCAUSE}\" = \"28\"");
        vl_buf_puts(out, "]?end)\n");
    }
    vl_buf_puts(out, "same => n(end),Return()\n");
}

static void put_emergency(const struct vl_pbx_writer *writer, const struct vl_pool *pool)
{
    vl_buf_printf(writer->out,
                  "\n[%s]\n"
                  "; ARG1: number. Every line in turn, no time limit, and the caller's own number\n"
                  "include => " OURS "call-end\n"
                  "exten => s,1,NoOp(emergency call to ${ARG1} from ${CALLERID(num)})\n",
                  routine(writer, pool, true));
    for (size_t i = 0; i < pool->line_count; i++)
        vl_buf_printf(writer->out, "same => n,Dial(%s)\n", dial_over(writer, pool, i));
    vl_buf_puts(writer->out, "same => n,Return()\n");
}

/* Whether a route goes this way. */
static bool is_used(const struct vl_pbx_writer *writer, const struct vl_pool *pool, bool emergency)
{
    for (size_t i = 0; i < writer->lab->route_count; i++)
        if (writer->lab->routes[i].pool == pool && writer->lab->routes[i].emergency == emergency)
            return true;
    return false;
}

void vl_write_pools(const struct vl_pbx_writer *writer)
{
    const struct vl_lab *lab = writer->lab;

    put_pool(writer, &lab->dialplan.pool);
    for (size_t i = 0; i < lab->pool_count; i++)
        if (is_used(writer, &lab->pools[i], false))
            put_pool(writer, &lab->pools[i]);
    put_emergency(writer, &lab->dialplan.pool);
    for (size_t i = 0; i < lab->pool_count; i++)
        if (is_used(writer, &lab->pools[i], true))
            put_emergency(writer, &lab->pools[i]);
}

/* A channel variable hides the global one of its name, so a route may have a limit of its own. */
void vl_write_dial_out(const struct vl_pbx_writer *writer, const struct vl_route *route, const char *number)
{
    struct vl_buf *out = writer->out;

    if (route->limit_s && !route->emergency)
        vl_buf_printf(out, "Set(TIEMPO_MAX=%u000)\nsame => n,", route->limit_s);
    if (route->pool)
        vl_buf_printf(out, "Gosub(%s,s,1(%s))", routine(writer, route->pool, route->emergency), number);
    else if (route->over)
        vl_buf_printf(out, "Dial(%s,60,r" VL_TIME_LIMIT ")", vl_writer_beyond(writer, route->over->account, number));
    else if (route->emergency)
        vl_buf_printf(out, "Dial(%s)", vl_writer_beyond(writer, route->via->name, number));
    else
        vl_buf_printf(out, "Dial(%s,60,r" VL_TIME_LIMIT ")", vl_writer_beyond(writer, route->via->name, number));
}
