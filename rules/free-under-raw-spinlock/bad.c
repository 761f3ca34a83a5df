#include <linux/slab.h>
#include <linux/spinlock.h>

static DEFINE_RAW_SPINLOCK(queue_lock);

void dequeue(struct entry *entry)
{
	raw_spin_lock(&queue_lock);
	list_del(&entry->node);
	kfree(entry); /* want free-under-raw-spinlock */
	raw_spin_unlock(&queue_lock);
}
