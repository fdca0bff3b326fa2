/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plan/sites.h"

#include <string.h>

#include "base/parallel.h"
#include "base/text.h"
#include "guest/hypervisor.h"
#include "plan/placement.h"
#include "probe/host.h"

/* All sites as they are connected to, that of [lab] first. */
struct opening {
    struct vl_session *session;
    struct vl_error *errors; /* of each */
    struct vl_hypervisor_host *hosts;
    struct vl_domain **domains; /* that carry the lab's mark, of each */
    size_t *domain_counts;
    struct vl_arena *arenas; /* of each, since each has a thread of its own */
};

size_t vl_sites_count(const struct vl_session *session)
{
    return session->lab ? session->lab->hypervisor_count + 1 : 1;
}

const struct vl_site *vl_sites_at(const struct vl_session *session, size_t i)
{
    return i && session->sites ? &session->sites[i - 1] : NULL;
}

struct vl_hypervisor *vl_site_hypervisor(const struct vl_session *session, const struct vl_site *site)
{
    return site ? site->hypervisor : session->hypervisor;
}

bool vl_site_kvm(const struct vl_session *session, const struct vl_site *site)
{
    return site ? site->kvm : session->kvm;
}

bool vl_site_emulates(const struct vl_session *session, const struct vl_site *site)
{
    const char *uri;

    if (vl_site_hypervisor(session, site))
        return !vl_site_kvm(session, site);
    uri = vl_site_uri(session, site);
    return uri && vl_text_starts(uri, "qemu:///") && !vl_probe_kvm_usable(NULL);
}

const char *vl_site_uri(const struct vl_session *session, const struct vl_site *site)
{
    return site ? site->lab->uri : session->options.hypervisor;
}

const char *vl_site_name(const struct vl_site *site)
{
    return site ? site->lab->name : VL_LAB_HYPERVISOR;
}

const char *vl_site_target(const struct vl_site *site, struct vl_arena *arena)
{
    return site ? vl_arena_printf(arena, "libvirt on %s", site->lab->name) : "libvirt";
}

void vl_site_made(const struct vl_site *site, struct vl_made *made)
{
    made->at = site ? site->lab->name : NULL;
}

static size_t index_of(const struct vl_session *session, const struct vl_pbx *pbx)
{
    return (size_t)(pbx - session->lab->pbxs);
}

size_t vl_site_index(const struct vl_session *session, const struct vl_pbx *pbx)
{
    const struct vl_site *site = vl_site_of(session, pbx);
    size_t i = 0;

    while (i + 1 < vl_sites_count(session) && vl_sites_at(session, i) != site)
        i++;
    return i;
}

const struct vl_site *vl_site_of(const struct vl_session *session, const struct vl_pbx *pbx)
{
    return session->places ? session->places[index_of(session, pbx)].site : NULL;
}

const char *vl_site_problem(const struct vl_session *session, const struct vl_pbx *pbx)
{
    return session->places ? session->places[index_of(session, pbx)].problem : NULL;
}

bool vl_sites_reached(const struct vl_session *session)
{
    for (size_t i = 0; i < vl_sites_count(session); i++)
        if (vl_site_hypervisor(session, vl_sites_at(session, i)))
            return true;
    return false;
}

int vl_sites_check(const struct vl_session *session, struct vl_error *err)
{
    for (size_t i = 0; session->places && i < vl_sites_count(session); i++)
        if (!vl_site_hypervisor(session, vl_sites_at(session, i)))
            return vl_fail(err, VL_ERROR_PARTIAL,
                           "the hypervisor '%s' did not answer, and what is there is as it was; run this again when it "
                           "does",
                           vl_site_name(vl_sites_at(session, i)));
    return 0;
}

static const char *pool_path(struct vl_arena *arena, const struct vl_session *session)
{
    return vl_arena_printf(arena, "%s/voiplab-%s",
                           session->lab->storage ? session->lab->storage : "/var/lib/libvirt/images",
                           session->lab->name);
}

/* One of them, on a thread of its own. */
static void open_site(void *context, size_t index)
{
    struct opening *opening = context;
    struct vl_session *session = opening->session;
    struct vl_error *err = &opening->errors[index];
    struct vl_arena *arena = &opening->arenas[index];
    struct vl_site *site = index ? &session->sites[index - 1] : NULL;
    struct vl_hypervisor **hypervisor = site ? &site->hypervisor : &session->hypervisor;

    if (!*hypervisor && vl_session_connect_to(session, vl_site_uri(session, site), hypervisor,
                                              site ? &site->kvm : &session->kvm, err) < 0)
        return;
    if (vl_hypervisor_look_at_host(*hypervisor, arena, pool_path(arena, session), session->lab->bridge.name,
                                   &opening->hosts[index], err) < 0 ||
        vl_hypervisor_domains(*hypervisor, arena, session->lab->name, &opening->domains[index],
                              &opening->domain_counts[index], err) < 0)
        return;
    if (site && opening->hosts[index].bridge == VL_BRIDGE_THERE_NOT)
        (void)vl_fail(
            err, VL_ERROR_FAILED,
            "its host has no bridge '%s', and voiplab makes it only on this one; there, as root: 'ip link add "
            "%s type bridge', 'ip link set %s up', and a port of it that leads to this host's network",
            session->lab->bridge.name, session->lab->bridge.name, session->lab->bridge.name);
}

/* Those that failed are not connected, as far as anybody else knows. */
static void drop_failed(struct opening *opening)
{
    struct vl_session *session = opening->session;

    for (size_t i = 0; i < vl_sites_count(session); i++) {
        struct vl_hypervisor **hypervisor = i ? &session->sites[i - 1].hypervisor : &session->hypervisor;

        if (!opening->errors[i].code)
            continue;
        vl_hypervisor_close(*hypervisor);
        *hypervisor = NULL;
        vl_session_event(session, VOIPLAB_EVENT_WARNING, vl_site_target(vl_sites_at(session, i), &session->site_arena),
                         "the hypervisor '%s' is left out: %s", vl_site_name(vl_sites_at(session, i)),
                         vl_error_text(&opening->errors[i]));
    }
}

static int number_of(const struct vl_session *session, const char *name)
{
    for (size_t i = 0; i < vl_sites_count(session); i++)
        if (!strcmp(vl_site_name(vl_sites_at(session, i)), name))
            return (int)i;
    return VL_PLACEMENT_NOWHERE;
}

/* Where the list of what was made has a guest; NULL: it does not say. */
static const char *written_place(struct vl_arena *arena, const struct vl_made *made, const char *name)
{
    const char *begin = vl_arena_printf(arena, "place %s ", name);

    for (size_t i = 0; i < made->count; i++)
        if (vl_text_starts(made->lines[i], begin))
            return made->lines[i] + strlen(begin);
    return NULL;
}

/* Where a domain of this guest is, and whether there is another. */
static int find_domain(const struct opening *opening, const char *name, int *ret_second)
{
    int found = VL_PLACEMENT_NOWHERE;

    *ret_second = VL_PLACEMENT_NOWHERE;
    for (size_t i = 0; i < vl_sites_count(opening->session); i++)
        for (size_t j = 0; j < opening->domain_counts[i]; j++) {
            if (strcmp(opening->domains[i][j].pbx, name) != 0)
                continue;
            if (found == VL_PLACEMENT_NOWHERE)
                found = (int)i;
            else
                *ret_second = (int)i;
        }
    return found;
}

/* What is known of one guest before any place is chosen. */
static void see_guest(const struct opening *opening, const struct vl_made *made, size_t index,
                      struct vl_placement *guest)
{
    struct vl_session *session = opening->session;
    const struct vl_pbx *pbx = &session->lab->pbxs[index];
    const char *written = written_place(&session->site_arena, made, pbx->name);
    int second, found = find_domain(opening, pbx->name, &second);

    *guest = (struct vl_placement){ .fixed = found, .made = found >= 0, .memory = (int64_t)pbx->memory };
    if (pbx->place != VL_PLACE_VM) {
        guest->fixed = 0;
        guest->memory = 0;
        return;
    }
    if (second >= 0)
        session->places[index].problem =
            vl_arena_printf(&session->site_arena,
                            "it is on two hypervisors, '%s' and '%s', with one address and one name; 'virsh -c URI "
                            "undefine %s-%s' takes "
                            "it away where it shall not be",
                            vl_site_name(vl_sites_at(session, (size_t)found)),
                            vl_site_name(vl_sites_at(session, (size_t)second)), session->lab->name, pbx->name);
    if (found < 0 && written)
        guest->fixed = number_of(session, written);
    if (found < 0 && written && guest->fixed < 0)
        session->places[index].problem =
            vl_arena_printf(&session->site_arena,
                            "it was made on the hypervisor '%s', which the lab file has no more; a section "
                            "[hypervisor %s] brings it back, or without the line 'place %s %s' in '%s/made' it is made "
                            "elsewhere",
                            written, written, pbx->name, written, session->state.directory);
    if (guest->fixed >= 0 && pbx->hypervisor && guest->fixed != number_of(session, pbx->hypervisor))
        vl_session_event(session, VOIPLAB_EVENT_WARNING, pbx->name,
                         "the guest is on the hypervisor '%s' and stays there with its disk, though the file says '%s'",
                         vl_site_name(vl_sites_at(session, (size_t)guest->fixed)), pbx->hypervisor);
    if (guest->fixed < 0 && pbx->hypervisor)
        guest->fixed = number_of(session, pbx->hypervisor);
}

static void keep_place(struct vl_session *session, size_t index, const struct vl_placement *guest)
{
    struct vl_place_found *place = &session->places[index];
    const struct vl_pbx *pbx = &session->lab->pbxs[index];

    place->site = guest->place > 0 ? vl_sites_at(session, (size_t)guest->place) : NULL;
    if (pbx->place == VL_PLACE_VM && !place->problem && !vl_site_hypervisor(session, place->site))
        place->problem =
            vl_arena_printf(&session->site_arena, "its hypervisor '%s' does not answer", vl_site_name(place->site));
    if (guest->crowded)
        vl_session_event(session, VOIPLAB_EVENT_WARNING, pbx->name,
                         "no hypervisor has room for it: it goes to '%s', which has most", vl_site_name(place->site));
}

static int place_guests(const struct opening *opening, struct vl_error *err)
{
    struct vl_session *session = opening->session;
    struct vl_arena *arena = &session->site_arena;
    size_t sites = vl_sites_count(session), count = session->lab->pbx_count;
    struct vl_room *rooms = vl_arena_zalloc(arena, sites * sizeof(*rooms));
    struct vl_placement *guests = vl_arena_zalloc(arena, (count + 1) * sizeof(*guests));
    struct vl_made made;

    session->places = vl_arena_zalloc(arena, (count + 1) * sizeof(*session->places));
    if (!rooms || !guests || !session->places)
        return vl_no_memory(err);
    if (vl_made_read(session, arena, &made, err) < 0)
        return -1;
    for (size_t i = 0; i < sites; i++)
        rooms[i] = (struct vl_room){
            .answers = vl_site_hypervisor(session, vl_sites_at(session, i)) != NULL,
            .memory =
                (int64_t)(opening->hosts[i].memory - opening->hosts[i].given) - (int64_t)session->lab->host_reserve,
            .disk = opening->hosts[i].disk_known ? (int64_t)opening->hosts[i].disk : -1,
        };
    for (size_t i = 0; i < count; i++)
        see_guest(opening, &made, i, &guests[i]);
    vl_placement_choose(rooms, sites, guests, count);
    for (size_t i = 0; i < count; i++)
        keep_place(session, i, &guests[i]);
    return vl_arena_check(arena, err);
}

/* Guests do not move while they run; but a saved state that is brought over needs the same machine. */
static void tell_differences(const struct opening *opening)
{
    const struct vl_session *session = opening->session;
    size_t first = vl_sites_count(session);

    for (size_t i = 0; i < vl_sites_count(session); i++) {
        if (!vl_site_hypervisor(session, vl_sites_at(session, i)))
            continue;
        if (first == vl_sites_count(session))
            first = i;
        else if (strcmp(opening->hosts[i].machine, opening->hosts[first].machine) != 0)
            vl_session_event(
                opening->session, VOIPLAB_EVENT_PROGRESS, NULL,
                "the hypervisors '%s' (%s) and '%s' (%s) are different machines: the saved state of a guest "
                "of one is of no use on the other",
                vl_site_name(vl_sites_at(session, first)), opening->hosts[first].machine,
                vl_site_name(vl_sites_at(session, i)), opening->hosts[i].machine);
    }
}

static int see_to_all(struct opening *opening, struct vl_error *err)
{
    struct vl_session *session = opening->session;
    size_t count = vl_sites_count(session);

    vl_parallel(count, (unsigned)count, open_site, opening);
    drop_failed(opening);
    if (!vl_sites_reached(session)) {
        vl_error_move(err, &opening->errors[0]);
        return -1;
    }
    tell_differences(opening);
    return place_guests(opening, err);
}

static int open_all(struct vl_session *session, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    size_t count = vl_sites_count(session);
    struct opening opening = {
        .session = session,
        .errors = vl_arena_zalloc(&arena, count * sizeof(*opening.errors)),
        .hosts = vl_arena_zalloc(&arena, count * sizeof(*opening.hosts)),
        .domains = vl_arena_zalloc(&arena, count * sizeof(*opening.domains)),
        .domain_counts = vl_arena_zalloc(&arena, count * sizeof(*opening.domain_counts)),
        .arenas = vl_arena_zalloc(&arena, count * sizeof(*opening.arenas)),
    };
    int rc;

    session->sites = vl_arena_zalloc(&session->site_arena, count * sizeof(*session->sites));
    if (!session->sites || vl_arena_check(&arena, err) < 0)
        return vl_no_memory(err);
    for (size_t i = 1; i < count; i++)
        session->sites[i - 1].lab = &session->lab->hypervisors[i - 1];
    rc = see_to_all(&opening, err);
    for (size_t i = 0; i < count; i++) {
        vl_error_clear(&opening.errors[i]);
        vl_arena_free(&opening.arenas[i]);
    }
    return rc;
}

int vl_sites_open(struct vl_session *session, struct vl_error *err)
{
    if (session->hypervisor || session->places)
        return 0;
    if (session->lab && session->lab->hypervisor_count)
        return open_all(session, err);
    return vl_session_connect_to(session, session->options.hypervisor, &session->hypervisor, &session->kvm, err);
}

void vl_sites_close(struct vl_session *session)
{
    vl_hypervisor_close(session->hypervisor);
    session->hypervisor = NULL;
    for (size_t i = 1; session->sites && i < vl_sites_count(session); i++)
        vl_hypervisor_close(session->sites[i - 1].hypervisor);
    session->sites = NULL;
    session->places = NULL;
    session->gate.sites = NULL;
    vl_arena_free(&session->site_arena);
}
