#include <linux/preempt.h>
#include <linux/slab.h>

void *sample(void)
{
	void *buffer;

	preempt_disable();
	buffer = kmalloc(256, GFP_ATOMIC); /* want alloc-in-atomic */
	preempt_enable();
	return buffer;
}
