/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a guest costs its host beside its own memory where there is no hardware virtualization: QEMU's cache of
 * translated code, which is made as large as this says (render/domain_xml.h), and what QEMU takes for itself.
 */
#ifndef VL_LAB_EMULATION_H
#define VL_LAB_EMULATION_H

#include <stdint.h>

/* The cache of a guest with that much memory, a whole number of MiB. All in bytes. */
uint64_t vl_emulation_cache(uint64_t memory);

/* That and the rest. */
uint64_t vl_emulation_cost(uint64_t memory);

#endif
