/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an architecture brings: one constant table, named in src/archs.c.
 * Nothing else of an architecture is visible outside its folder.
 */
#ifndef MODEL_ARCH_H
#define MODEL_ARCH_H

#include "model/describe.h"

#include <ioasim/uapi.h>
#include <ioasim/unit.h>

struct cache;
struct driver_ops;
struct guest_ops;

struct arch_capability {
	const char *name;
	uint64_t value; /* default */
	const char *about;
};

struct arch_cache {
	bool present;
	struct ioasim_cache_geometry geometry; /* default */
	const char *about; /* what the architecture calls it, and its tags */
};

/* Closed range of addresses that mean something else than memory when a device uses
 * them; no operating system gives them out. */
struct arch_reserved {
	uint64_t first, last;
	const char *about;
};

#define ARCH_RESERVED 4

/* What the calls of <ioasim/uapi.h> say of the architecture, and what they choose on it. */
struct arch_uapi {
	uint32_t number; /* struct ioasim_device_info */
	uint32_t formats; /* of users' tables: a mask of 1 << enum ioasim_ioasid_format */
	bool enqcmd; /* there is the instruction, and a VM's PASID translation */
	/* Kernel address spaces have stage 1 tables, so that PASID routes can walk them. */
	bool kernel_stage1;
	/* Of a RID that has PASIDs, requests with PASID 0 are those without one, and no
	 * driver can tell them apart (amdvi: GIoV). */
	bool pasid0_is_none;
};

struct arch_ops {
	int (*create)(const struct ioasim_unit_config *config, struct ioasim_memory *memory,
		      struct ioasim_unit **unit, const char **why);
	void (*destroy)(struct ioasim_unit *unit);
	void (*reset)(struct ioasim_unit *unit);
	int (*mmio_read)(struct ioasim_unit *unit, uint32_t offset, unsigned size, uint64_t *value);
	int (*mmio_write)(struct ioasim_unit *unit, uint32_t offset, unsigned size, uint64_t value);
	void (*translate)(struct ioasim_unit *unit, const struct ioasim_request *request,
			  struct ioasim_response *response);
	void (*page_request)(struct ioasim_unit *unit, const struct ioasim_page_request *request,
			     struct ioasim_page_request_result *result);
	/* One of the caches that the architecture has. */
	struct cache *(*cache_of)(const struct ioasim_unit *unit, enum ioasim_cache cache);
};

struct ioasim_arch {
	const char *name; /* "vtd" */
	const char *title; /* "Intel VT-d" */
	struct arch_capability capability[IOASIM_CAPABILITIES]; /* ends with name NULL */
	struct arch_cache cache[IOASIM_CACHES];
	struct arch_reserved reserved[ARCH_RESERVED]; /* ends with about NULL */
	const struct arch_ops *ops;
	const struct driver_ops *driver;
	struct arch_uapi uapi;
	const struct guest_ops *guest; /* what guests store: model/guest.h */

	/* Names; NULL for a number that has none. */
	const char *(*fault_name)(uint32_t code);
	const char *(*command_name)(unsigned type);
	/* Class of a command as read from the ring, index into counters.commands. */
	unsigned (*command_type)(const uint64_t *words, unsigned count);
	enum ioasim_command_class (*command_class)(const uint64_t *words, unsigned count);

	/* For people (model/describe.h): an entry that the unit fetched, not one that gave
	 * a bus error; the fields of a fault's record, and what holds it. */
	const struct arch_words *words;
	void (*describe)(const struct ioasim_unit *unit, const struct ioasim_fetch *fetch,
			 struct arch_entry *entry);
	const struct arch_field *(*describe_fault)(const struct ioasim_fault *fault,
						   const char **title);

	/* Counters under the names of the real machines' performance counters: the
	 * n-th name (NULL behind the last), its value and what it counts. */
	const char *(*perf_counter)(const struct ioasim_unit *unit, unsigned n, uint64_t *value,
				    const char **about);
};

/* All architectures, ended by NULL; and one by name (NULL if there is none). */
extern const struct ioasim_arch *const ioasim_archs[];
const struct ioasim_arch *arch_find(const char *name);

/* First member of every architecture's unit. */
struct ioasim_unit {
	const struct ioasim_arch *arch;
	struct ioasim_memory *memory;
	struct ioasim_unit_config config;
	struct ioasim_counters counters;
	uint32_t live_before[IOASIM_CACHES]; /* entries when the counters were zeroed */
	uint64_t removals_told; /* of all caches: removed entries that have a cause */
	const struct software_watch *watch; /* model/watch.h; NULL: none */
};

/* A cache of a unit, for who watches it; NULL: the architecture has none of the kind. */
struct cache *unit_cache(const struct ioasim_unit *unit, enum ioasim_cache cache);

/* Sets these members; the architecture's create function calls it first. */
void unit_init(struct ioasim_unit *unit, const struct ioasim_arch *arch,
	       const struct ioasim_unit_config *config, struct ioasim_memory *memory);

#endif
