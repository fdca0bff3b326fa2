/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The cache fills up, whatever is thrown away soon after, so all of it is the host's memory: QEMU's default is a
 * gigabyte at most. Seen with a PBX of 128 MB until it had booted, three at once: with 64 MiB 47 s of the processor,
 * 231 MiB of the host's memory (PSS) and the cache emptied 12 times; with 48 MiB 47 s, 217 MiB, 20 times; with 40 MiB
 * 56 s, 205 MiB, 31 times. With a PBX of 256 MB 128 MiB gained nothing over 64. What is neither the guest's memory nor
 * the cache was 37 to 41 MiB, the kernel that it boots among it.
 */
#include "lab/emulation.h"

#define MIB ((uint64_t)1 << 20)

enum { CACHE_PART = 4, CACHE_LEAST_MIB = 48, CACHE_MOST_MIB = 512, OWN_MIB = 40 };

uint64_t vl_emulation_cache(uint64_t memory)
{
    uint64_t mib = memory / MIB / CACHE_PART;

    return (mib < CACHE_LEAST_MIB ? CACHE_LEAST_MIB : mib > CACHE_MOST_MIB ? CACHE_MOST_MIB : mib) * MIB;
}

uint64_t vl_emulation_cost(uint64_t memory)
{
    return vl_emulation_cache(memory) + OWN_MIB * MIB;
}
