/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts of the unit itself: bits of the Status register and the message that goes
 * out where one goes from 0 to 1 and its enable is on. Enabling an interrupt whose bit
 * stands already sends nothing.
 *
 * The message comes from the XT registers with IntCapXTEn, else from the MSI capability
 * as far as that is in MMIO; a capability in PCI configuration space does not exist here.
 */
#include "amdvi/registers.h"
#include "amdvi/unit.h"

#define STATUS(...)  ((uint32_t)FIELD_MASK(__VA_ARGS__))
#define CONTROL(...) FIELD_MASK(__VA_ARGS__)

/* What may interrupt: status bit, enable, and the XT register that would say how. */
struct source {
	uint32_t status;
	uint64_t enable;
	uint32_t xt;
};

static const struct source sources[] = {
	{STATUS(AMDVI_STATUS_EVENT_LOG_INT), CONTROL(AMDVI_CONTROL_EVENT_INT_EN),
	 AMDVI_XT_GEN_INTR},
	{STATUS(AMDVI_STATUS_EVENT_OVERFLOW), CONTROL(AMDVI_CONTROL_EVENT_INT_EN),
	 AMDVI_XT_GEN_INTR},
	{STATUS(AMDVI_STATUS_COM_WAIT_INT), CONTROL(AMDVI_CONTROL_COM_WAIT_INT_EN),
	 AMDVI_XT_GEN_INTR},
	{STATUS(AMDVI_STATUS_PPR_INT), CONTROL(AMDVI_CONTROL_PPR_INT_EN), AMDVI_XT_PPR_INTR},
	{STATUS(AMDVI_STATUS_PPR_OVERFLOW), CONTROL(AMDVI_CONTROL_PPR_INT_EN), AMDVI_XT_PPR_INTR},
};

static void message_send(struct amdvi_unit *u, uint64_t address, uint32_t data)
{
	const struct ioasim_unit_config *config = &u->unit.config;

	u->unit.counters.interrupts++;
	if (config->callbacks.interrupt)
		config->callbacks.interrupt(config->opaque, address, data);
}

/* An XT interrupt is no write on a bus; told as the x86 message that it amounts to. */
static void xt_send(struct amdvi_unit *u, uint64_t xt)
{
	uint64_t low = field_get(AMDVI_XT_DEST_LOW, xt);
	uint64_t high = field_get(AMDVI_XT_DEST_HIGH, xt) << 24 | low;
	uint64_t address = AMDVI_X86_MSI_BASE |
			   field_prep(AMDVI_X86_MSI_DEST_MODE, field_get(AMDVI_XT_DEST_MODE, xt)) |
			   field_prep(AMDVI_X86_MSI_DEST_LOW, low) |
			   field_prep(AMDVI_X86_MSI_DEST_HIGH, high >> 8);
	uint64_t data =
		field_prep(AMDVI_X86_MSI_VECTOR, field_get(AMDVI_XT_VECTOR, xt)) |
		field_prep(AMDVI_X86_MSI_DELIVERY_MODE, field_get(AMDVI_XT_DELIVERY_MODE, xt));

	message_send(u, address, (uint32_t)data);
}

static void interrupt_send(struct amdvi_unit *u, const struct source *source)
{
	if (field_get(AMDVI_CONTROL_INT_CAP_XT_EN, amdvi_reg64(u, AMDVI_CONTROL)))
		xt_send(u, amdvi_reg64(u, source->xt));
	else if (field_get(AMDVI_MSI_CAP_MSI_EN, amdvi_reg32(u, AMDVI_MSI_CAP)))
		message_send(u,
			     amdvi_reg32(u, AMDVI_MSI_ADDR_LO) |
				     (uint64_t)amdvi_reg32(u, AMDVI_MSI_ADDR_HI) << 32,
			     amdvi_reg32(u, AMDVI_MSI_DATA));
}

void amdvi_status_set(struct amdvi_unit *u, uint32_t bits)
{
	uint32_t status = amdvi_reg32(u, AMDVI_STATUS);
	uint64_t control = amdvi_reg64(u, AMDVI_CONTROL);

	amdvi_reg32_set(u, AMDVI_STATUS, status | bits);
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if ((sources[i].status & bits & ~status) && (sources[i].enable & control))
			interrupt_send(u, &sources[i]);
}
