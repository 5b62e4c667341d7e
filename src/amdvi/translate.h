/* SPDX-License-Identifier: Apache-2.0 */
/* Between translate.c and ats.c, which answer requests, and page_walk.c, which walks. */
#ifndef AMDVI_TRANSLATE_H
#define AMDVI_TRANSLATE_H

#include "amdvi/device.h"
#include "amdvi/tlb.h"

/* A walk of all stages, for a device whose entry lets it begin. */
struct amdvi_page_walk {
	uint64_t address;
	uint32_t pasid; /* of guest translation */
	bool guest;
	bool privileged;
	uint8_t access; /* wanted; 0: tell the rights, refuse nothing */
	bool set_dirty; /* set dirty flags if writing is granted */

	uint64_t pa, gpa; /* full addresses; gpa is the host table's input */
	uint8_t page_lg2;
	uint8_t guest_rights[2], host_rights; /* see struct amdvi_translation */
	bool host_dirty, guest_dirty;
	bool absent; /* failed: the final entry of a stage is not present */
};

/* Steps 10 and 11 of a request's way: false with what stopped it in `why`. */
bool amdvi_page_walk(struct amdvi_unit *u, const struct amdvi_device *device,
		     struct ioasim_cost *cost, struct amdvi_page_walk *walk,
		     struct amdvi_fault_info *why);

/* What a translation grants this device: its entry's IR and IW taken in. Nothing, if it
 * tells that there is none. */
static inline unsigned amdvi_granted(const struct amdvi_device *device,
				     const struct amdvi_translation *t, bool privileged)
{
	return t->guest_rights[privileged] & t->host_rights & (unsigned)device->rights;
}

/* Whether a write still has dirty flags to set, which only a walk can do. */
static inline bool amdvi_write_is_due(const struct amdvi_unit *u, const struct amdvi_device *device,
				      const struct amdvi_translation *t)
{
	return (device->dirty && !t->host_dirty) ||
	       (t->guest && !t->guest_dirty && !u->gd_update_off);
}

/* Without a PASID prefix no request asserts privilege. */
static inline bool amdvi_privileged(const struct ioasim_request *request)
{
	return request->has_pasid && request->privileged;
}

/* Whether a request of this device goes through guest tables: GIoV for those without
 * PASID. A request with PASID that this does not hold for is to be refused. */
static inline bool amdvi_by_guest(const struct amdvi_unit *u, const struct amdvi_device *device,
				  const struct ioasim_request *request)
{
	return u->guest_enabled && (request->has_pasid ? device->guest : device->giov);
}

/*
 * translate.c: IOTLB, else the tables. With request->access == 0 (translation requests)
 * the rights are told and not demanded; set_dirty as in struct amdvi_page_walk.
 */
struct amdvi_question {
	const struct ioasim_request *request;
	const struct amdvi_device *device;
	uint8_t access;
	bool set_dirty;
};

bool amdvi_find_translation(struct amdvi_unit *u, const struct amdvi_question *question,
			    struct ioasim_cost *cost, struct amdvi_translation *found,
			    struct amdvi_fault_info *why);

/* The page fault of a translation that grants too little, by the guest table or behind it. */
void amdvi_missing_right(const struct amdvi_question *question, const struct amdvi_translation *t,
			 bool by_guest, struct amdvi_fault_info *why);

/* Ends a request with the event of `why`, to which it adds what the request is; device
 * is NULL where no entry was found. */
void amdvi_refuse(struct amdvi_unit *u, const struct ioasim_request *request,
		  const struct amdvi_device *device, const struct amdvi_fault_info *why,
		  struct ioasim_response *response);
/* Refused with an event that has no more to say. */
void amdvi_refuse_event(struct amdvi_unit *u, const struct ioasim_request *request,
			const struct amdvi_device *device, enum amdvi_event event, uint8_t type,
			struct ioasim_response *response);
/* Goes on as it came: nothing translates it. */
void amdvi_forward(const struct ioasim_request *request, struct ioasim_response *response);
void amdvi_end_silently(struct ioasim_response *response, enum ioasim_outcome outcome);
/* Step 6: the exclusion range lets the request pass. */
bool amdvi_excluded(const struct amdvi_unit *u, const struct amdvi_device *device,
		    const struct ioasim_request *request);

/* ats.c: translation and translated requests (2.1.3); the unit is enabled. */
void amdvi_translation_request(struct amdvi_unit *u, const struct ioasim_request *request,
			       struct ioasim_response *response);
void amdvi_translated_request(struct amdvi_unit *u, const struct ioasim_request *request,
			      struct ioasim_response *response);

#endif
