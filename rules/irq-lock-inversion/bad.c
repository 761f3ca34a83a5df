#include <linux/interrupt.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(ring_lock);
static DEFINE_SPINLOCK(stats_lock);

static irqreturn_t on_packet(int irq, void *data)
{
	spin_lock(&ring_lock);
	spin_unlock(&ring_lock);
	return IRQ_HANDLED;
}

void drain_ring(void)
{
	unsigned long flags;

	spin_lock_irqsave(&ring_lock, flags);
	spin_lock(&stats_lock); /* want irq-lock-inversion */
	spin_unlock(&stats_lock);
	spin_unlock_irqrestore(&ring_lock, flags);
}

void read_stats(void)
{
	spin_lock(&stats_lock);
	spin_unlock(&stats_lock);
}

int open_ring(int irq)
{
	return request_irq(irq, on_packet, 0, "ring", NULL);
}
