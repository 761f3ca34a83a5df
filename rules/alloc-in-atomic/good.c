#include <linux/preempt.h>
#include <linux/slab.h>

void *sample(void)
{
	void *buffer = kmalloc(256, GFP_KERNEL);

	if (!buffer)
		return NULL;
	preempt_disable();
	fill(buffer, smp_processor_id());
	preempt_enable();
	return buffer;
}
