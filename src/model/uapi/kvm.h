/* SPDX-License-Identifier: Apache-2.0 */
/* VMs and their PASID translation (Q). */
#ifndef MODEL_UAPI_KVM_H
#define MODEL_UAPI_KVM_H

#include "model/uapi/objects.h"

/* O5: all entries of the translation go, no vCPU can still use one, and their references
 * are dropped. The VM itself is the descriptor's. */
void kvm_close(struct kvm *kvm);

#endif
