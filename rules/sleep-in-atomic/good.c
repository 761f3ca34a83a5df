#include <linux/delay.h>
#include <linux/mutex.h>

static DEFINE_MUTEX(port_mutex);

void reset_port(void)
{
	mutex_lock(&port_mutex);
	msleep(20);
	mutex_unlock(&port_mutex);
}
