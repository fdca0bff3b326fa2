/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames, by libpcap. Times are taken in nanoseconds where the file or the kernel has them. Frames of a link come in
 * blocks, every tenth of a second or when one is full: that is what makes counting cheap.
 */
#include <pcap/pcap.h>
#include <poll.h>
#include <string.h>

#include "base/library.h"
#include "base/memory.h"
#include "probe/tap.h"

/* Every function of it that is called. */
#define FUNCTIONS(FUNCTION)                                                                                            \
    FUNCTION(pcap_activate)                                                                                            \
    FUNCTION(pcap_close)                                                                                               \
    FUNCTION(pcap_compile)                                                                                             \
    FUNCTION(pcap_create)                                                                                              \
    FUNCTION(pcap_datalink)                                                                                            \
    FUNCTION(pcap_freecode)                                                                                            \
    FUNCTION(pcap_get_selectable_fd)                                                                                   \
    FUNCTION(pcap_geterr)                                                                                              \
    FUNCTION(pcap_next_ex)                                                                                             \
    FUNCTION(pcap_open_offline_with_tstamp_precision)                                                                  \
    FUNCTION(pcap_set_buffer_size)                                                                                     \
    FUNCTION(pcap_set_promisc)                                                                                         \
    FUNCTION(pcap_set_snaplen)                                                                                         \
    FUNCTION(pcap_set_timeout)                                                                                         \
    FUNCTION(pcap_set_tstamp_precision)                                                                                \
    FUNCTION(pcap_setfilter)                                                                                           \
    FUNCTION(pcap_setnonblock)                                                                                         \
    FUNCTION(pcap_stats)                                                                                               \
    FUNCTION(pcap_statustostr)

static VL_LIBRARY_TABLE(FUNCTIONS) libpcap;
static const char *const names[] = { FUNCTIONS(VL_LIBRARY_NAME) };
static struct vl_library library = VL_LIBRARY(VOIPLAB_LIBPCAP, "libpcap0.8", names, &libpcap);

enum { BLOCK_MS = 100, BUFFER = 16 << 20 };

struct vl_tap {
    pcap_t *pcap;
    const char *name; /* for messages; the caller's */
    bool live;
};

static struct vl_tap *new_tap(const char *name, bool live, struct vl_error *err)
{
    struct vl_tap *tap;

    if (vl_library_load(&library, err) < 0)
        return NULL;
    tap = vl_calloc(1, sizeof(*tap));
    if (!tap)
        (void)vl_no_memory(err);
    else
        *tap = (struct vl_tap){ .name = name, .live = live };
    return tap;
}

static int set_filter(const struct vl_tap *tap, const char *filter, struct vl_error *err)
{
    struct bpf_program program;
    int status;

    if (!filter)
        return 0;
    if (libpcap.pcap_compile(tap->pcap, &program, filter, 1, PCAP_NETMASK_UNKNOWN) < 0)
        return vl_fail(err, VL_ERROR_FAILED, "cannot filter '%s' by '%s': %s", tap->name, filter,
                       libpcap.pcap_geterr(tap->pcap));
    status = libpcap.pcap_setfilter(tap->pcap, &program);
    libpcap.pcap_freecode(&program);
    if (status < 0)
        return vl_fail(err, VL_ERROR_FAILED, "cannot filter '%s': %s", tap->name, libpcap.pcap_geterr(tap->pcap));
    return 0;
}

/* The tap, or NULL when it failed. */
static struct vl_tap *opened(struct vl_tap *tap, int status)
{
    if (status == 0)
        return tap;
    vl_tap_close(tap);
    return NULL;
}

struct vl_tap *vl_tap_file(const char *path, const char *filter, struct vl_error *err)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    struct vl_tap *tap = new_tap(path, false, err);

    if (!tap)
        return NULL;
    tap->pcap = libpcap.pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, why);
    if (!tap->pcap)
        return opened(tap, vl_fail(err, VL_ERROR_FAILED, "cannot read '%s' as a capture: %s", path, why));
    return opened(tap, set_filter(tap, filter, err));
}

static int activate(struct vl_tap *tap, unsigned most, struct vl_error *err)
{
    int status;

    (void)libpcap.pcap_set_snaplen(tap->pcap, (int)most);
    (void)libpcap.pcap_set_promisc(tap->pcap, 1);
    (void)libpcap.pcap_set_timeout(tap->pcap, BLOCK_MS);
    (void)libpcap.pcap_set_buffer_size(tap->pcap, BUFFER);
    (void)libpcap.pcap_set_tstamp_precision(tap->pcap, PCAP_TSTAMP_PRECISION_NANO);
    status = libpcap.pcap_activate(tap->pcap);
    if (status == PCAP_ERROR_PERM_DENIED)
        return vl_fail(err, VL_ERROR_FAILED, "only root may listen on '%s'; run the same command as root", tap->name);
    if (status == PCAP_ERROR_NO_SUCH_DEVICE)
        return vl_fail(err, VL_ERROR_FAILED, "there is no link '%s' on this host; 'voiplab up' makes the lab's bridge",
                       tap->name);
    if (status < 0)
        return vl_fail(err, VL_ERROR_FAILED, "cannot listen on '%s': %s: %s", tap->name,
                       libpcap.pcap_statustostr(status), libpcap.pcap_geterr(tap->pcap));
    return 0;
}

struct vl_tap *vl_tap_link(const char *link, const char *filter, unsigned most, struct vl_error *err)
{
    char why[PCAP_ERRBUF_SIZE] = "";
    struct vl_tap *tap = new_tap(link, true, err);

    if (!tap)
        return NULL;
    tap->pcap = libpcap.pcap_create(link, why);
    if (!tap->pcap)
        return opened(tap, vl_fail(err, VL_ERROR_FAILED, "cannot listen on '%s': %s", link, why));
    if (activate(tap, most, err) < 0 || set_filter(tap, filter, err) < 0)
        return opened(tap, -1);
    if (libpcap.pcap_setnonblock(tap->pcap, 1, why) < 0)
        return opened(tap, vl_fail(err, VL_ERROR_FAILED, "cannot listen on '%s': %s", link, why));
    return tap;
}

void vl_tap_close(struct vl_tap *tap)
{
    if (tap && tap->pcap)
        libpcap.pcap_close(tap->pcap);
    vl_free(tap);
}

unsigned vl_tap_kind(const struct vl_tap *tap)
{
    return (unsigned)libpcap.pcap_datalink(tap->pcap);
}

enum vl_tap_next vl_tap_next(struct vl_tap *tap, struct vl_tap_frame *ret_frame, struct vl_error *err)
{
    struct pcap_pkthdr *header;
    const u_char *bytes;
    int status = libpcap.pcap_next_ex(tap->pcap, &header, &bytes);

    /* poll() here and not in libpcap, which would wait for the first frame for ever */
    if (status == 0 && tap->live) {
        struct pollfd wait = { .fd = libpcap.pcap_get_selectable_fd(tap->pcap), .events = POLLIN };

        if (poll(&wait, 1, BLOCK_MS) > 0)
            status = libpcap.pcap_next_ex(tap->pcap, &header, &bytes);
    }
    if (status == 0)
        return VL_TAP_NOTHING;
    if (status == PCAP_ERROR_BREAK)
        return VL_TAP_END;
    if (status != 1) {
        (void)vl_fail(err, VL_ERROR_FAILED, "cannot go on reading '%s': %s", tap->name, libpcap.pcap_geterr(tap->pcap));
        return VL_TAP_FAILED;
    }
    /* with PCAP_TSTAMP_PRECISION_NANO tv_usec has nanoseconds */
    *ret_frame = (struct vl_tap_frame){ .time_ns = (int64_t)header->ts.tv_sec * 1000000000 + header->ts.tv_usec,
                                        .bytes = bytes,
                                        .captured = header->caplen,
                                        .length = header->len };
    return VL_TAP_FRAME;
}

bool vl_tap_count(struct vl_tap *tap, struct vl_tap_counts *ret_counts)
{
    struct pcap_stat stat;

    if (!tap->live || libpcap.pcap_stats(tap->pcap, &stat) < 0)
        return false;
    *ret_counts = (struct vl_tap_counts){ .received = stat.ps_recv, .dropped = stat.ps_drop };
    return true;
}
