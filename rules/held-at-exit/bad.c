#include <linux/mutex.h>
#include <linux/spinlock.h>

struct port {
	struct mutex mutex;
	spinlock_t lock;
	int state;
	int pending;
};

int port_open(struct port *p)
{
	int err;

	mutex_lock(&p->mutex);
	err = power_up(p);
	if (err)
		return -EIO; /* want held-at-exit */
	p->state = 1;
	mutex_unlock(&p->mutex);
	return 0;
}

/* The label that was right for the first error is wrong for the second. */
int port_write(struct port *p, const char *text)
{
	int err = -EINVAL;

	if (!text)
		goto out;
	mutex_lock(&p->mutex);
	err = reserve(p);
	if (err)
		goto out; /* want held-at-exit */
	send(p, text);
	mutex_unlock(&p->mutex);
out:
	return err;
}

void port_poll(struct port *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	if (!p->pending)
		return; /* want held-at-exit */
	p->pending--;
	spin_unlock_irqrestore(&p->lock, flags);
}

/* The lock is released and interrupts stay off. */
void port_kick(struct port *p)
{
	unsigned long flags;

	spin_lock_irqsave(&p->lock, flags);
	if (!p->pending) {
		spin_unlock(&p->lock);
		return; /* want held-at-exit */
	}
	p->pending--;
	spin_unlock_irqrestore(&p->lock, flags);
}
