/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Checks that need the whole lab: addresses inside the bridge's network and no two alike, names and numbers unique,
 * telephones on channels that exist.
 */
#include <string.h>

#include "base/text.h"
#include "lab/schema.h"

static int check_address(const struct vl_lab *lab, const struct vl_pbx *pbx, struct vl_arena *arena,
                         struct vl_error *err)
{
    const struct vl_bridge *bridge = &lab->bridge;
    uint32_t mask = vl_text_netmask(bridge->prefix);
    const char *text = vl_text_from_ipv4(arena, pbx->address);
    bool edge = bridge->prefix < 31 && ((pbx->address & ~mask) == 0 || (pbx->address | mask) == UINT32_MAX);

    if (!bridge->prefix || !pbx->address)
        return 0;
    if ((pbx->address & mask) != bridge->network)
        return VL_LAB_MISTAKE(lab, pbx->address_line, err,
                              "[pbx %s] address: '%s' is outside the bridge's network %s/%u", pbx->name, text,
                              vl_text_from_ipv4(arena, bridge->network), bridge->prefix);
    if (edge)
        return VL_LAB_MISTAKE(lab, pbx->address_line, err,
                              "[pbx %s] address: '%s' is the network's own or its broadcast address", pbx->name, text);
    if (pbx->address == bridge->address && pbx->place != VL_PLACE_LOCAL)
        return VL_LAB_MISTAKE(lab, pbx->address_line, err, "[pbx %s] address: '%s' is the address of the bridge",
                              pbx->name, text);
    if (bridge->gateway && pbx->address == bridge->gateway)
        return VL_LAB_MISTAKE(lab, pbx->address_line, err, "[pbx %s] address: '%s' is the address of the gateway",
                              pbx->name, text);
    return 0;
}

static int check_addresses(const struct vl_lab *lab, struct vl_arena *arena, struct vl_error *err)
{
    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &lab->pbxs[i];

        if (check_address(lab, pbx, arena, err) < 0)
            return -1;
        for (size_t j = 0; j < i; j++)
            if (pbx->address && lab->pbxs[j].address == pbx->address)
                return VL_LAB_MISTAKE(lab, pbx->address_line, err, "[pbx %s] address: '%s' is the address of '%s'",
                                      pbx->name, vl_text_from_ipv4(arena, pbx->address), lab->pbxs[j].name);
    }
    return 0;
}

/* Asterisk tells who calls by the address that he calls from: a guest would be taken for the provider. */
static int check_providers(const struct vl_lab *lab, struct vl_error *err)
{
    uint32_t address;

    for (size_t i = 0; i < lab->provider_count; i++)
        for (size_t p = 0; p < lab->pbx_count && vl_text_ipv4(lab->providers[i].host, &address); p++)
            if (lab->pbxs[p].address == address)
                return VL_LAB_MISTAKE(lab, lab->providers[i].line, err,
                                      "[provider %s] host: '%s' is the address of '%s', whose calls would be taken for "
                                      "those of the provider",
                                      lab->providers[i].name, lab->providers[i].host, lab->pbxs[p].name);
    return 0;
}

static int check_names(const struct vl_lab *lab, struct vl_error *err)
{
    for (size_t i = 0; i < lab->pbx_count; i++)
        for (size_t j = 0; j < i; j++)
            if (!strcmp(lab->pbxs[i].name, lab->pbxs[j].name))
                return VL_LAB_MISTAKE(lab, lab->pbxs[i].line, err, "[pbx %s]: the name is that of another PBX",
                                      lab->pbxs[i].name);
    return 0;
}

static int check_accounts(const struct vl_lab *lab, struct vl_error *err)
{
    for (size_t i = 0; i < lab->pbx_count; i++) {
        const struct vl_pbx *pbx = &lab->pbxs[i];

        for (size_t j = 0; j < i && pbx->account; j++)
            if (lab->pbxs[j].account && !strcmp(lab->pbxs[j].account, pbx->account))
                return VL_LAB_MISTAKE(lab, pbx->line, err, "[pbx %s] account: '%s' is the account of '%s'", pbx->name,
                                      pbx->account, lab->pbxs[j].name);
        for (size_t j = 0; j < lab->user_count && pbx->account; j++)
            if (!strcmp(lab->users[j].number, pbx->account))
                return VL_LAB_MISTAKE(lab, lab->users[j].line, err, "[user %s]: the number is the account of '%s'",
                                      lab->users[j].number, pbx->name);
    }
    return 0;
}

static bool has_channel(const unsigned *channels, size_t count, unsigned channel)
{
    for (size_t i = 0; i < count; i++)
        if (channels[i] == channel)
            return true;
    return false;
}

static int check_channels(const struct vl_lab *lab, struct vl_error *err)
{
    const struct vl_dahdi *dahdi = &lab->dahdi;

    for (size_t i = 0; i < dahdi->fxs_count; i++)
        if (has_channel(dahdi->fxo, dahdi->fxo_count, dahdi->fxs[i]) || has_channel(dahdi->fxs, i, dahdi->fxs[i]))
            return VL_LAB_MISTAKE(lab, dahdi->line, err, "[dahdi] fxs: channel %u is there twice", dahdi->fxs[i]);
    for (size_t i = 0; i < dahdi->fxo_count; i++)
        if (has_channel(dahdi->fxo, i, dahdi->fxo[i]))
            return VL_LAB_MISTAKE(lab, dahdi->line, err, "[dahdi] fxo: channel %u is there twice", dahdi->fxo[i]);
    for (size_t i = 0; i < lab->user_count; i++)
        for (size_t j = 0; j < i; j++)
            if (lab->users[i].dahdi && lab->users[i].dahdi == lab->users[j].dahdi)
                return VL_LAB_MISTAKE(lab, lab->users[i].line, err, "[user %s] dahdi: channel %u is that of [user %s]",
                                      lab->users[i].number, lab->users[i].dahdi, lab->users[j].number);
    for (size_t i = 0; i < lab->user_count; i++)
        if (lab->users[i].dahdi && !has_channel(dahdi->fxs, dahdi->fxs_count, lab->users[i].dahdi))
            return VL_LAB_MISTAKE(lab, lab->users[i].line, err,
                                  "[user %s] dahdi: channel %u is not among the fxs channels of [dahdi]",
                                  lab->users[i].number, lab->users[i].dahdi);
    return 0;
}

static int check_all(const struct vl_lab *lab, struct vl_arena *arena, struct vl_error *err)
{
    if (check_addresses(lab, arena, err) < 0 || check_providers(lab, err) < 0 || check_names(lab, err) < 0 ||
        check_accounts(lab, err) < 0 || vl_lab_check_numbers(lab, err) < 0)
        return -1;
    return check_channels(lab, err);
}

int vl_lab_check(const struct vl_lab *lab, struct vl_error *err)
{
    VL_ARENA_AUTO arena = { .blocks = NULL };
    int rc = check_all(lab, &arena, err);

    return arena.failed ? vl_no_memory(err) : rc;
}
