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
		goto unlock;
	p->state = 1;
unlock:
	mutex_unlock(&p->mutex);
	return err;
}

int port_write(struct port *p, const char *text)
{
	guard(mutex)(&p->mutex);
	if (!text)
		return -EINVAL;
	send(p, text);
	return 0;
}

/* Callers release it: 0 says that they hold it. */
int port_claim(struct port *p)
{
	mutex_lock(&p->mutex);
	if (p->state < 0) {
		mutex_unlock(&p->mutex);
		return -ENODEV;
	}
	return 0;
}

void port_poll(struct port *p)
{
	unsigned long flags;

	if (!spin_trylock_irqsave(&p->lock, flags))
		return;
	p->pending--;
	spin_unlock_irqrestore(&p->lock, flags);
}

void port_tick(struct port *p, int locked)
{
	if (!locked)
		spin_lock(&p->lock);
	if (p->pending > 3 && p->state) {
		if (!locked)
			spin_unlock(&p->lock);
		return;
	}
	p->pending++;
	if (!locked)
		spin_unlock(&p->lock);
}
