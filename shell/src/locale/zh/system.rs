//! 操作系统和网络的错误。

use std::io::ErrorKind;

/// What the system says, as far as it is said often.
pub fn error(kind: ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::NotFound => "没有这个文件或目录",
        ErrorKind::PermissionDenied => "没有权限",
        ErrorKind::ConnectionRefused => "连接被拒绝",
        ErrorKind::ConnectionReset => "连接被对方重置",
        ErrorKind::ConnectionAborted => "连接已中止",
        ErrorKind::NotConnected => "没有连接",
        ErrorKind::HostUnreachable => "无法到达主机",
        ErrorKind::NetworkUnreachable => "无法到达网络",
        ErrorKind::BrokenPipe => "管道已断开",
        ErrorKind::AlreadyExists => "已存在",
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "超时",
        ErrorKind::UnexpectedEof => "对方关闭了连接",
        ErrorKind::StorageFull => "磁盘已满",
        ErrorKind::ReadOnlyFilesystem => "文件系统只读",
        ErrorKind::IsADirectory => "是一个目录",
        ErrorKind::NotADirectory => "不是目录",
        ErrorKind::Interrupted => "被中断",
        _ => return None,
    })
}
