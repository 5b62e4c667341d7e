/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of objects, references, and what destroying and closing do (U1). */
#include "model/iommufd/fault_queue.h"
#include "model/iommufd/hwpt.h"
#include "model/iommufd/viommu.h"

#include "model/numbers.h"

#include <errno.h>
#include <stdlib.h>

/* Numbers that an iommufd has room for at first. */
#define NUMBERS 16

/* ---- Numbers --------------------------------------------------------------------------- */

int iofd_object_enter(struct iommufd *fd, struct iofd_object *object, enum iofd_type type)
{
	struct iofd_object **slots;
	uint32_t number;
	int error = number_take(&fd->numbers, &number);

	if (error)
		return error;
	slots = numbers_reach(&fd->numbers, number, fd->object, &fd->room);
	if (!slots) {
		ids_free(&fd->numbers, number);
		return -ENOMEM;
	}
	fd->object = slots;
	fd->object[number] = object;
	fd->count++;
	object->fd = fd;
	object->number = number;
	object->type = (uint8_t)type;
	return 0;
}

void iofd_object_leave(struct iofd_object *object)
{
	struct iommufd *fd = object->fd;

	if (!object->number)
		return;
	fd->object[object->number] = NULL;
	ids_free(&fd->numbers, object->number);
	fd->count--;
	object->number = 0;
}

struct iofd_object *iofd_find(const struct iommufd *fd, uint32_t number, enum iofd_type type)
{
	struct iofd_object *object = number < fd->room ? fd->object[number] : NULL;

	if (!object || object->type == IOFD_TOMB)
		return NULL;
	return type == IOFD_ANY || object->type == type ? object : NULL;
}

struct iofd_ioas *iofd_find_ioas(const struct iommufd *fd, uint32_t number)
{
	return (struct iofd_ioas *)iofd_find(fd, number, IOFD_IOAS);
}

struct iommufd_hwpt *iofd_find_hwpt(const struct iommufd *fd, uint32_t number)
{
	struct iofd_object *object = iofd_find(fd, number, IOFD_HWPT_PAGING);

	if (!object)
		object = iofd_find(fd, number, IOFD_HWPT_NESTED);
	return (struct iommufd_hwpt *)object;
}

/* ---- Destroying --------------------------------------------------------------------------- */

static void foreign_destroy(struct iofd_foreign *foreign)
{
	void (*destroy)(void *opaque) = foreign->destroy;
	void *opaque = foreign->opaque;

	iofd_object_leave(&foreign->object);
	free(foreign);
	destroy(opaque);
}

/* Nobody holds it. */
static void object_destroy(struct iofd_object *object)
{
	switch ((enum iofd_type)object->type) {
	case IOFD_IOAS:
		iofd_ioas_destroy((struct iofd_ioas *)object);
		break;
	case IOFD_HWPT_PAGING:
	case IOFD_HWPT_NESTED:
		iofd_hwpt_destroy((struct iommufd_hwpt *)object);
		break;
	case IOFD_FAULT:
		iofd_fault_queue_destroy((struct iofd_fault_queue *)object);
		break;
	case IOFD_VIOMMU:
		iofd_viommu_destroy((struct iommufd_viommu *)object);
		break;
	case IOFD_VDEVICE:
		iofd_vdevice_destroy((struct iofd_vdevice *)object);
		break;
	case IOFD_VEVENTQ:
		iofd_veventq_destroy((struct iofd_veventq *)object);
		break;
	case IOFD_HW_QUEUE:
		iofd_hw_queue_destroy((struct iofd_hw_queue *)object);
		break;
	case IOFD_FOREIGN:
		foreign_destroy((struct iofd_foreign *)object);
		break;
	case IOFD_TOMB:
		iofd_object_leave(object);
		free(object);
		break;
	case IOFD_ANY:
	case IOFD_DEVICE: /* held by their drivers as long as they are there */
	case IOFD_ACCESS:
		break;
	}
}

int iofd_object_remove(struct iommufd *fd, uint32_t number)
{
	struct iofd_object *object = iofd_find(fd, number, IOFD_ANY);

	if (!object)
		return -ENOENT;
	if (object->users)
		return -EBUSY;
	object_destroy(object);
	return 0;
}

/* ---- Opening and closing -------------------------------------------------------------------- */

struct iommufd *iommufd_open(const struct iommufd_env *env)
{
	struct iommufd *fd = calloc(1, sizeof(*fd));

	if (!fd)
		return NULL;
	fd->env = env;
	LIST_INIT(&fd->groups);
	LIST_INIT(&fd->mmaps);
	if (ids_init(&fd->numbers, 1, NUMBERS)) {
		free(fd);
		return NULL;
	}
	return fd;
}

static void fd_free(struct iommufd *fd)
{
	ids_fini(&fd->numbers);
	free(fd->object);
	free(fd);
}

/* Objects that nobody holds, again and again. */
static void leaves_destroy(struct iommufd *fd)
{
	bool more = true;

	while (more) {
		more = false;
		for (uint32_t i = 0; i < fd->room; i++) {
			struct iofd_object *object = fd->object[i];

			if (!object || object->users)
				continue;
			object_destroy(object);
			more = true;
		}
	}
}

void iofd_outside_done(struct iommufd *fd)
{
	if (--fd->outside || !fd->closed)
		return;
	leaves_destroy(fd);
	fd_free(fd);
}

void iommufd_close(struct iommufd *fd)
{
	if (!fd)
		return;
	/* What only a number keeps goes before all that may outlive the descriptor. */
	for (uint32_t i = 0; i < fd->room; i++)
		if (fd->object[i] && fd->object[i]->type == IOFD_FOREIGN && !fd->object[i]->users)
			object_destroy(fd->object[i]);
	fd->closed = true;
	if (fd->outside)
		return;
	leaves_destroy(fd);
	fd_free(fd);
}

/* ---- Objects of an embedder --------------------------------------------------------------------- */

int iommufd_foreign_create(struct iommufd *fd, void (*destroy)(void *opaque), void *opaque,
			   uint32_t *number)
{
	struct iofd_foreign *foreign = calloc(1, sizeof(*foreign));
	int error;

	if (!foreign)
		return -ENOMEM;
	foreign->destroy = destroy;
	foreign->opaque = opaque;
	error = iofd_object_enter(fd, &foreign->object, IOFD_FOREIGN);
	if (error) {
		free(foreign);
		return error;
	}
	*number = foreign->object.number;
	return 0;
}

void *iommufd_foreign(struct iommufd *fd, uint32_t number, void (*destroy)(void *opaque))
{
	const struct iofd_foreign *foreign =
		(const struct iofd_foreign *)iofd_find(fd, number, IOFD_FOREIGN);

	return foreign && foreign->destroy == destroy ? foreign->opaque : NULL;
}

const char *iommufd_kind(const struct iommufd *fd, uint32_t number)
{
	static const char *const names[] = {
		[IOFD_IOAS] = "IOAS",
		[IOFD_HWPT_PAGING] = "HWPT_PAGING",
		[IOFD_HWPT_NESTED] = "HWPT_NESTED",
		[IOFD_DEVICE] = "DEVICE",
		[IOFD_ACCESS] = "ACCESS",
		[IOFD_FAULT] = "FAULT",
		[IOFD_VIOMMU] = "VIOMMU",
		[IOFD_VDEVICE] = "VDEVICE",
		[IOFD_VEVENTQ] = "VEVENTQ",
		[IOFD_HW_QUEUE] = "HW_QUEUE",
		[IOFD_FOREIGN] = "FOREIGN",
	};
	const struct iofd_object *object = iofd_find(fd, number, IOFD_ANY);

	return object ? names[object->type] : NULL;
}
