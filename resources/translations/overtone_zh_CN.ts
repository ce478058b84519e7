<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN" sourcelanguage="en">
<context>
    <name>Overtone</name>
    <message>
        <source>+ offset</source>
        <translation>+ 偏移</translation>
    </message>
    <message>
        <source>+ skip</source>
        <translation>+ 跳连</translation>
    </message>
    <message>
        <source>1 shots</source>
        <translation>1 次测量</translation>
    </message>
    <message>
        <source>95 % interval</source>
        <translation>95 % 区间</translation>
    </message>
    <message>
        <source>95 % interval {low} to {high}</source>
        <translation>95 % 区间 {low} 至 {high}</translation>
    </message>
    <message>
        <source>A CSV file with a header, numbers, and a column of labels.</source>
        <translation>带表头、数值和标签列的 CSV 文件。</translation>
    </message>
    <message>
        <source>A calibration is in progress. Closing stops it: its outputs go to their safe state, and it is lost.</source>
        <translation>校准正在进行。关闭会使其停止：输出转入安全状态，本次校准将丢失。</translation>
    </message>
    <message>
        <source>A calibration is in progress: stop it first.</source>
        <translation>校准正在进行：请先停止。</translation>
    </message>
    <message>
        <source>A character of it cannot be written to a file.</source>
        <translation>其中有字符无法写入文件。</translation>
    </message>
    <message>
        <source>A good twin</source>
        <translation>孪生良好</translation>
    </message>
    <message>
        <source>A linear response explains {coherence:.1%} at a quarter of the range; its memory is {memory:.2g} s.</source>
        <translation>四分之一量程时线性响应可解释 {coherence:.1%}；记忆长度为 {memory:.2g} s。</translation>
    </message>
    <message>
        <source>A network is there when the run has finished.</source>
        <translation>运行完成后才有网络。</translation>
    </message>
    <message>
        <source>A neural network, which knows nothing of the physics.</source>
        <translation>神经网络，不含任何物理知识。</translation>
    </message>
    <message>
        <source>A number is missing.</source>
        <translation>缺少数值。</translation>
    </message>
    <message>
        <source>A plug-in.</source>
        <translation>插件。</translation>
    </message>
    <message>
        <source>A record of {samples} samples is too short for a marker; it takes {least}.</source>
        <translation>{samples} 个采样的记录太短，放不下标记；至少需要 {least} 个。</translation>
    </message>
    <message>
        <source>A run is in progress. Closing stops it: its outputs go to their safe state and a checkpoint is written, from which it can go on.</source>
        <translation>有运行正在进行。关闭窗口会停止它：输出回到安全状态，并写入检查点，之后可以由此继续。</translation>
    </message>
    <message>
        <source>A run is in progress: stop it first.</source>
        <translation>有运行正在进行：请先停止它。</translation>
    </message>
    <message>
        <source>A shaped laser pulse, a crystal that doubles its frequency, a spectrometer.</source>
        <translation>整形的激光脉冲、使其频率加倍的晶体和一台光谱仪。</translation>
    </message>
    <message>
        <source>A shot brings {found} values, not {expected}; check the length of the record.</source>
        <translation>一次测量返回 {found} 个值，而不是 {expected} 个；请检查记录长度。</translation>
    </message>
    <message>
        <source>A speaker shakes a metal plate of many modes; a microphone listens.</source>
        <translation>扬声器激励一块多模态的金属板，麦克风拾取声音。</translation>
    </message>
    <message>
        <source>A sync chirp finds the start of a shot; without it the late start stays.</source>
        <translation>用同步啁啾找到每次测量的起点；没有它则晚启动保留。</translation>
    </message>
    <message>
        <source>A table of one's own</source>
        <translation>自有表格</translation>
    </message>
    <message>
        <source>A test shot is in progress.</source>
        <translation>正在进行测试测量。</translation>
    </message>
    <message>
        <source>A transistor in a resonant circuit, driven by a generator.</source>
        <translation>谐振电路中的晶体管，由信号发生器驱动。</translation>
    </message>
    <message>
        <source>A usable twin</source>
        <translation>孪生可用</translation>
    </message>
    <message>
        <source>A value of the form is wrong: mend it first.</source>
        <translation>表单中有错误的值：请先更正。</translation>
    </message>
    <message>
        <source>Accuracy</source>
        <translation>准确率</translation>
    </message>
    <message>
        <source>Accuracy and loss appear here when the first epoch is done.</source>
        <translation>完成第一轮后在这里显示准确率和损失。</translation>
    </message>
    <message>
        <source>Accuracy and loss appear here while the network trains; before that, how well the twin was fitted.</source>
        <translation>网络训练时在这里显示准确率和损失；在此之前显示孪生的拟合情况。</translation>
    </message>
    <message>
        <source>Adc bits</source>
        <translation>ADC 位数</translation>
    </message>
    <message>
        <source>Add</source>
        <translation>添加</translation>
    </message>
    <message>
        <source>Address</source>
        <translation>地址</translation>
    </message>
    <message>
        <source>Address of the instrument that records, where another one plays the drive.</source>
        <translation>记录仪器的地址（当由另一台仪器输出驱动时）。</translation>
    </message>
    <message>
        <source>Against what it is drawn</source>
        <translation>横轴是什么</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>时效</translation>
    </message>
    <message>
        <source>Alias</source>
        <translation>别名</translation>
    </message>
    <message>
        <source>Align</source>
        <translation>对齐</translation>
    </message>
    <message>
        <source>Alignment</source>
        <translation>一致性</translation>
    </message>
    <message>
        <source>All channels answer and none saturates.</source>
        <translation>所有通道都有响应，且无饱和。</translation>
    </message>
    <message>
        <source>All pairs are of seed {number}: how others would do is not known.</source>
        <translation>所有配对都用种子 {number}：其他种子的表现未知。</translation>
    </message>
    <message>
        <source>All pairs are of unit {number}: how others would do is not known.</source>
        <translation>所有配对都用样机 {number}：其他样机的表现未知。</translation>
    </message>
    <message>
        <source>All runs are of simulated devices: nothing here says how a real one would do.</source>
        <translation>所有运行都用仿真设备：这并不说明真实设备的表现。</translation>
    </message>
    <message>
        <source>All shots, the latest, or none; auto keeps all of an instrument and the latest of a simulator.</source>
        <translation>保留全部、最近的或不保留；自动：真实仪器保留全部，仿真器只保留最近的。</translation>
    </message>
    <message>
        <source>All starts as at first.</source>
        <translation>全部从初始状态开始。</translation>
    </message>
    <message>
        <source>All states</source>
        <translation>所有状态</translation>
    </message>
    <message>
        <source>All systems</source>
        <translation>所有系统</translation>
    </message>
    <message>
        <source>Allowed: {limits}.</source>
        <translation>允许：{limits}。</translation>
    </message>
    <message>
        <source>Amplitude</source>
        <translation>振幅</translation>
    </message>
    <message>
        <source>Amplitude noise</source>
        <translation>振幅噪声</translation>
    </message>
    <message>
        <source>An instrument is being asked who it is.</source>
        <translation>正在询问仪器的身份。</translation>
    </message>
    <message>
        <source>Angle</source>
        <translation>角度</translation>
    </message>
    <message>
        <source>Angle between the twin's and the device's gradient</source>
        <translation>孪生梯度与设备梯度的夹角</translation>
    </message>
    <message>
        <source>Answer the question at the right first.</source>
        <translation>请先回答右侧的问题。</translation>
    </message>
    <message>
        <source>Answers with {rate:.0f} shots per second.</source>
        <translation>有响应，每秒 {rate:.0f} 次测量。</translation>
    </message>
    <message>
        <source>Apply</source>
        <translation>应用</translation>
    </message>
    <message>
        <source>Architecture</source>
        <translation>结构</translation>
    </message>
    <message>
        <source>Ask what is at the address who it is (*IDN?).</source>
        <translation>询问该地址上的仪器身份（*IDN?）。</translation>
    </message>
    <message>
        <source>Asks the network, too.</source>
        <translation>也会查询网络。</translation>
    </message>
    <message>
        <source>At full drive {distortion:.1%} of the response is distortion, and the gain differs by {change:+.1%}.</source>
        <translation>满驱动时响应的 {distortion:.1%} 为失真，增益变化 {change:+.1%}。</translation>
    </message>
    <message>
        <source>At rest</source>
        <translation>静止</translation>
    </message>
    <message>
        <source>Augmentation</source>
        <translation>数据增强</translation>
    </message>
    <message>
        <source>Average</source>
        <translation>平均</translation>
    </message>
    <message>
        <source>Averages</source>
        <translation>平均次数</translation>
    </message>
    <message>
        <source>Axis</source>
        <translation>坐标轴</translation>
    </message>
    <message>
        <source>B / A  {ratio},  {decades} decades</source>
        <translation>B / A  {ratio}，{decades} 个十倍程</translation>
    </message>
    <message>
        <source>Back</source>
        <translation>上一步</translation>
    </message>
    <message>
        <source>Back to {before}</source>
        <translation>恢复为 {before}</translation>
    </message>
    <message>
        <source>Baseline</source>
        <translation>基线</translation>
    </message>
    <message>
        <source>Batch</source>
        <translation>批次</translation>
    </message>
    <message>
        <source>Batch size</source>
        <translation>批大小</translation>
    </message>
    <message>
        <source>Began to calibrate {unit}</source>
        <translation>开始校准 {unit}</translation>
    </message>
    <message>
        <source>Besides seed and unit the runs differ in {keys}: no difference can be put down to one of them.</source>
        <translation>除种子和样机外，这些运行还在 {keys} 上不同：任何差别都不能归因于其中之一。</translation>
    </message>
    <message>
        <source>Best baseline</source>
        <translation>最佳基线</translation>
    </message>
    <message>
        <source>Bits of the read-out.</source>
        <translation>读出的位数。</translation>
    </message>
    <message>
        <source>Bits of the release.</source>
        <translation>释放的位数。</translation>
    </message>
    <message>
        <source>Bits of the shaper's grey levels.</source>
        <translation>整形器灰度的位数。</translation>
    </message>
    <message>
        <source>Bits of the spectrometer's converter.</source>
        <translation>光谱仪模数转换器的位数。</translation>
    </message>
    <message>
        <source>Bl compression</source>
        <translation>Bl 压缩</translation>
    </message>
    <message>
        <source>Blackman-Harris</source>
        <translation>Blackman-Harris</translation>
    </message>
    <message>
        <source>Blur of neighbouring controls, standard deviation, which the model does not know.</source>
        <translation>相邻控制量的模糊，标准差，模型并不知道。</translation>
    </message>
    <message>
        <source>Branches</source>
        <translation>支路</translation>
    </message>
    <message>
        <source>Buses are being looked at.</source>
        <translation>正在查找各总线。</translation>
    </message>
    <message>
        <source>CONNECTED</source>
        <translation>已连接</translation>
    </message>
    <message>
        <source>CSV file with a header and a column of labels, for the task table.</source>
        <translation>带表头和标签列的 CSV 文件，用于“自有表格”任务。</translation>
    </message>
    <message>
        <source>Calibrate</source>
        <translation>校准</translation>
    </message>
    <message>
        <source>Calibrate first.</source>
        <translation>请先校准。</translation>
    </message>
    <message>
        <source>Calibration</source>
        <translation>校准</translation>
    </message>
    <message>
        <source>Cancel</source>
        <translation>取消</translation>
    </message>
    <message>
        <source>Capacitance</source>
        <translation>电容</translation>
    </message>
    <message>
        <source>Capacitor voltage</source>
        <translation>电容电压</translation>
    </message>
    <message>
        <source>Change of the same shots' responses since the start</source>
        <translation>相同测量的响应自开始以来的变化</translation>
    </message>
    <message>
        <source>Change of the signal</source>
        <translation>信号变化</translation>
    </message>
    <message>
        <source>Change since the first visit</source>
        <translation>自首次测量以来的变化</translation>
    </message>
    <message>
        <source>Changed from {before}</source>
        <translation>原值：{before}</translation>
    </message>
    <message>
        <source>Channels without signal</source>
        <translation>无信号通道</translation>
    </message>
    <message>
        <source>Chirp</source>
        <translation>啁啾</translation>
    </message>
    <message>
        <source>Choose a file</source>
        <translation>选择文件</translation>
    </message>
    <message>
        <source>Choose a run first.</source>
        <translation>请先选择一次运行。</translation>
    </message>
    <message>
        <source>Choose a run to see what it reached. Choose several, with Ctrl or Shift, to compare them.</source>
        <translation>选择一次运行以查看其结果。按住 Ctrl 或 Shift 选择多次运行以进行比较。</translation>
    </message>
    <message>
        <source>Choose a table</source>
        <translation>选择表格</translation>
    </message>
    <message>
        <source>Choose a twin</source>
        <translation>选择孪生</translation>
    </message>
    <message>
        <source>Choose an experiment</source>
        <translation>选择一个实验</translation>
    </message>
    <message>
        <source>Choose an experiment on this system</source>
        <translation>选择此系统上的实验</translation>
    </message>
    <message>
        <source>Choose from {choices}.</source>
        <translation>请从中选择：{choices}。</translation>
    </message>
    <message>
        <source>Choose one run alone for this.</source>
        <translation>此操作只能选择一次运行。</translation>
    </message>
    <message>
        <source>Choose the file of {field}</source>
        <translation>选择“{field}”的文件</translation>
    </message>
    <message>
        <source>Chosen run</source>
        <translation>所选运行</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>Class map</source>
        <translation>类别图</translation>
    </message>
    <message>
        <source>Clipped values of loud shots</source>
        <translation>强驱动测量中的削波值</translation>
    </message>
    <message>
        <source>Close</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Closing: the outputs go to their safe state first</source>
        <translation>正在关闭：先让输出回到安全状态</translation>
    </message>
    <message>
        <source>Coherence</source>
        <translation>相干性</translation>
    </message>
    <message>
        <source>Collect</source>
        <translation>采集方式</translation>
    </message>
    <message>
        <source>Column of a shaper's mask that has the longest wavelength; 0 is the last one.</source>
        <translation>整形器掩模上对应最长波长的列；0 表示最后一列。</translation>
    </message>
    <message>
        <source>Column of a shaper's mask that has the shortest wavelength.</source>
        <translation>整形器掩模上对应最短波长的列。</translation>
    </message>
    <message>
        <source>Common parts of the noise</source>
        <translation>噪声的公共分量</translation>
    </message>
    <message>
        <source>Comparing the shots that were measured again and again</source>
        <translation>正在比较反复进行的测量</translation>
    </message>
    <message>
        <source>Comparison of {count} runs</source>
        <translation>比较 {count} 次运行</translation>
    </message>
    <message>
        <source>Compression</source>
        <translation>压缩</translation>
    </message>
    <message>
        <source>Compression at full drive</source>
        <translation>满驱动时的压缩</translation>
    </message>
    <message>
        <source>Confusion</source>
        <translation>混淆矩阵</translation>
    </message>
    <message>
        <source>Confusion, {part}</source>
        <translation>混淆矩阵，{part}</translation>
    </message>
    <message>
        <source>Connect</source>
        <translation>连接</translation>
    </message>
    <message>
        <source>Connecting</source>
        <translation>正在连接</translation>
    </message>
    <message>
        <source>Connecting {system}</source>
        <translation>正在连接 {system}</translation>
    </message>
    <message>
        <source>Control number</source>
        <translation>控制量序号</translation>
    </message>
    <message>
        <source>Controls</source>
        <translation>控制量</translation>
    </message>
    <message>
        <source>Controls without effect</source>
        <translation>无作用的控制量</translation>
    </message>
    <message>
        <source>Converter bits</source>
        <translation>转换器位数</translation>
    </message>
    <message>
        <source>Cooling</source>
        <translation>冷却时间</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy for bug report</source>
        <translation>复制用于报告问题</translation>
    </message>
    <message>
        <source>Copy the chosen line with its details, versions and platform; without one, all lines.</source>
        <translation>复制所选行及其详情、版本和平台；未选择时复制全部。</translation>
    </message>
    <message>
        <source>Copy the log for a bug report</source>
        <translation>复制日志以报告问题</translation>
    </message>
    <message>
        <source>Cosine between the twin's and the device's derivative</source>
        <translation>孪生导数与设备导数的夹角余弦</translation>
    </message>
    <message>
        <source>Cosine of the twin's gradient to the device's</source>
        <translation>孪生梯度与设备梯度的余弦</translation>
    </message>
    <message>
        <source>Cosine of the twin's gradient to the device's, at the last check, in the layer where it is lowest</source>
        <translation>最近一次检查时，孪生梯度与设备梯度的余弦，取最低的一层</translation>
    </message>
    <message>
        <source>Counts only where “{section} · {field}” is {values}.</source>
        <translation>仅当“{section} · {field}”为 {values} 时有效。</translation>
    </message>
    <message>
        <source>Coupled pendula</source>
        <translation>耦合摆</translation>
    </message>
    <message>
        <source>Coupled pendula, released together, swing into an answer.</source>
        <translation>一组耦合摆同时释放，摆动给出答案。</translation>
    </message>
    <message>
        <source>Coupling error</source>
        <translation>耦合误差</translation>
    </message>
    <message>
        <source>Covariance</source>
        <translation>协方差</translation>
    </message>
    <message>
        <source>Cross-entropy loss</source>
        <translation>交叉熵损失</translation>
    </message>
    <message>
        <source>Crystal angle, standard deviation between units.</source>
        <translation>晶体角度，样机之间的标准差。</translation>
    </message>
    <message>
        <source>Ctrl+. does one single step of the paused run. Press Resume, or the space bar, to let it go on.</source>
        <translation>Ctrl+. 让已暂停的运行前进一步。按“继续”或空格键让它继续。</translation>
    </message>
    <message>
        <source>Cubic phase</source>
        <translation>三阶相位</translation>
    </message>
    <message>
        <source>Cursors</source>
        <translation>游标</translation>
    </message>
    <message>
        <source>Curves</source>
        <translation>曲线</translation>
    </message>
    <message>
        <source>Curves of {count} runs could not be told apart. Choose at most {most}.</source>
        <translation>{count} 次运行的曲线无法分辨。最多选择 {most} 次。</translation>
    </message>
    <message>
        <source>DEMO</source>
        <translation>演示</translation>
    </message>
    <message>
        <source>Data</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Dead channels</source>
        <translation>失效通道</translation>
    </message>
    <message>
        <source>Deadline</source>
        <translation>时限</translation>
    </message>
    <message>
        <source>Default: {default}{unit}.</source>
        <translation>默认：{default}{unit}。</translation>
    </message>
    <message>
        <source>Delay</source>
        <translation>延时</translation>
    </message>
    <message>
        <source>Delete this preset's file</source>
        <translation>删除此预设的文件</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详情</translation>
    </message>
    <message>
        <source>Device passes</source>
        <translation>设备测量次数</translation>
    </message>
    <message>
        <source>Devices</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>Dialect</source>
        <translation>指令集</translation>
    </message>
    <message>
        <source>Difference by multi-sine</source>
        <translation>与多正弦结果之差</translation>
    </message>
    <message>
        <source>Difference by swept sine</source>
        <translation>与扫频结果之差</translation>
    </message>
    <message>
        <source>Digital</source>
        <translation>数字部分</translation>
    </message>
    <message>
        <source>Digital baselines</source>
        <translation>数字基线</translation>
    </message>
    <message>
        <source>Dismiss</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>Distortion</source>
        <translation>失真</translation>
    </message>
    <message>
        <source>Distortion at a quarter</source>
        <translation>四分之一驱动时的失真</translation>
    </message>
    <message>
        <source>Distortion at full drive</source>
        <translation>满驱动时的失真</translation>
    </message>
    <message>
        <source>Do one step</source>
        <translation>单步执行</translation>
    </message>
    <message>
        <source>Does not count where “{section} · {field}” is {values}.</source>
        <translation>当“{section} · {field}”为 {values} 时无效。</translation>
    </message>
    <message>
        <source>Done</source>
        <translation>完成</translation>
    </message>
    <message>
        <source>Done, of those that were asked for</source>
        <translation>已完成 / 要求的轮数</translation>
    </message>
    <message>
        <source>Drift</source>
        <translation>漂移</translation>
    </message>
    <message>
        <source>Drive</source>
        <translation>激励</translation>
    </message>
    <message>
        <source>Drive and response</source>
        <translation>激励与响应</translation>
    </message>
    <message>
        <source>Drive and response are not on one time axis, so that there is no latency to measure.</source>
        <translation>驱动与响应不在同一时间轴上，因此没有延迟可测。</translation>
    </message>
    <message>
        <source>Drive and response, {layer}</source>
        <translation>激励与响应，{layer}</translation>
    </message>
    <message>
        <source>Drive level</source>
        <translation>驱动幅度</translation>
    </message>
    <message>
        <source>Driven at random</source>
        <translation>随机驱动</translation>
    </message>
    <message>
        <source>Dynamic range</source>
        <translation>动态范围</translation>
    </message>
    <message>
        <source>ETA {time}</source>
        <translation>剩余 {time}</translation>
    </message>
    <message>
        <source>Each preset is a whole experiment: a system, a task, a network. Press the first one: it takes half a minute.</source>
        <translation>每个预设都是一个完整的实验：系统、任务和网络。请按第一个：只需半分钟。</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>编辑</translation>
    </message>
    <message>
        <source>Effective bits of both converters.</source>
        <translation>两个转换器的有效位数。</translation>
    </message>
    <message>
        <source>Effective bits of generator and digitiser.</source>
        <translation>信号发生器与数字化仪的有效位数。</translation>
    </message>
    <message>
        <source>Effective kernel</source>
        <translation>等效核</translation>
    </message>
    <message>
        <source>Effective matrix</source>
        <translation>等效矩阵</translation>
    </message>
    <message>
        <source>Electrons</source>
        <translation>电子数</translation>
    </message>
    <message>
        <source>Electrons at saturation, which set the shot noise.</source>
        <translation>饱和电子数，决定散粒噪声。</translation>
    </message>
    <message>
        <source>Emulated instruments on this computer that speak the protocols of real ones.</source>
        <translation>本机上的模拟仪器，使用真实仪器的协议。</translation>
    </message>
    <message>
        <source>Encode</source>
        <translation>编码</translation>
    </message>
    <message>
        <source>End after so many epochs without a better validation accuracy; 0 never ends early.</source>
        <translation>验证准确率连续这么多轮没有提高便结束；0 表示不提前结束。</translation>
    </message>
    <message>
        <source>End the run after the current step and keep a checkpoint.</source>
        <translation>当前步完成后结束运行，并保存检查点。</translation>
    </message>
    <message>
        <source>End tour</source>
        <translation>结束导览</translation>
    </message>
    <message>
        <source>English</source>
        <translation>English</translation>
    </message>
    <message>
        <source>Ensemble</source>
        <translation>集成</translation>
    </message>
    <message>
        <source>Epoch</source>
        <translation>轮</translation>
    </message>
    <message>
        <source>Epochs</source>
        <translation>轮数</translation>
    </message>
    <message>
        <source>Equations fitted to shots or as on the data sheet, a network, equations that a network corrects, five of these, or one from a file.</source>
        <translation>拟合的方程、数据手册的方程、神经网络、由网络修正的方程、五个这样的孪生，或文件中的孪生。</translation>
    </message>
    <message>
        <source>Equations fitted to shots, equations as on the data sheet, or a neural network fitted.</source>
        <translation>用测量拟合的方程、按数据手册的方程，或经拟合的神经网络。</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>误差</translation>
    </message>
    <message>
        <source>Error by jitter</source>
        <translation>抖动引起的误差</translation>
    </message>
    <message>
        <source>Error of each coupling by itself, relative, between units, which the model does not know.</source>
        <translation>每个耦合各自的误差，相对值，样机之间，模型并不知道。</translation>
    </message>
    <message>
        <source>Error of the twin</source>
        <translation>孪生的误差</translation>
    </message>
    <message>
        <source>Errors</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Esc: end the run at once and put all outputs in their safe state.</source>
        <translation>Esc：立即结束运行，所有输出回到安全状态。</translation>
    </message>
    <message>
        <source>Estimator</source>
        <translation>梯度估计</translation>
    </message>
    <message>
        <source>Estimator of the gradient</source>
        <translation>梯度的估计方法</translation>
    </message>
    <message>
        <source>Even-order compression of the speaker's force, Bl(x), which the model does not know.</source>
        <translation>扬声器驱动力 Bl(x) 的偶次压缩，模型并不知道。</translation>
    </message>
    <message>
        <source>Events (TensorBoard)</source>
        <translation>事件 (TensorBoard)</translation>
    </message>
    <message>
        <source>Everything</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>Experiment</source>
        <translation>实验</translation>
    </message>
    <message>
        <source>Exported: {file}</source>
        <translation>已导出：{file}</translation>
    </message>
    <message>
        <source>Exporting {run}</source>
        <translation>正在导出 {run}</translation>
    </message>
    <message>
        <source>Export…</source>
        <translation>导出…</translation>
    </message>
    <message>
        <source>Fastest change of the output; 0 is no limit.</source>
        <translation>输出的最快变化；0 表示不限。</translation>
    </message>
    <message>
        <source>Figures</source>
        <translation>数据</translation>
    </message>
    <message>
        <source>Figures of this step</source>
        <translation>此步骤的数值</translation>
    </message>
    <message>
        <source>File</source>
        <translation>文件</translation>
    </message>
    <message>
        <source>File of a saved twin of this very unit; a few shots check it.</source>
        <translation>这台样机的已保存孪生的文件；用少量测量检验。</translation>
    </message>
    <message>
        <source>Final position</source>
        <translation>终点位置</translation>
    </message>
    <message>
        <source>Final rate</source>
        <translation>最终学习率</translation>
    </message>
    <message>
        <source>Find a command</source>
        <translation>查找命令</translation>
    </message>
    <message>
        <source>Find in all columns and notes</source>
        <translation>在所有列和备注中查找</translation>
    </message>
    <message>
        <source>Find in the log</source>
        <translation>在日志中查找</translation>
    </message>
    <message>
        <source>Find runs</source>
        <translation>查找运行</translation>
    </message>
    <message>
        <source>Finished</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>First column</source>
        <translation>首列</translation>
    </message>
    <message>
        <source>First the error of the twin falls, then the accuracy rises. Point at a curve to read it; the menu has cursors and more.</source>
        <translation>先是孪生的误差下降，然后准确率上升。指向曲线即可读数；菜单里有游标等更多功能。</translation>
    </message>
    <message>
        <source>Fit</source>
        <translation>拟合</translation>
    </message>
    <message>
        <source>Fit the twin to the latest shots of the training after so many steps; 0 leaves it as it was calibrated.</source>
        <translation>每隔这么多步用训练中最近的测量拟合孪生；0 表示保持校准时的状态。</translation>
    </message>
    <message>
        <source>Fitting step</source>
        <translation>拟合步</translation>
    </message>
    <message>
        <source>Fitting the {twin} twin</source>
        <translation>正在拟合{twin}孪生</translation>
    </message>
    <message>
        <source>Fitting to fewer shots: are more worth measuring?</source>
        <translation>以更少的测量拟合：是否值得测量更多？</translation>
    </message>
    <message>
        <source>Fixes the split of the data, the starting values and the noise.</source>
        <translation>决定数据划分、初始值和噪声。</translation>
    </message>
    <message>
        <source>Flat top</source>
        <translation>平顶</translation>
    </message>
    <message>
        <source>Folder</source>
        <translation>文件夹</translation>
    </message>
    <message>
        <source>Forget this instrument.</source>
        <translation>移除此仪器。</translation>
    </message>
    <message>
        <source>Forward on the device, backward through its digital twin.</source>
        <translation>前向在设备上进行，反向经过其数字孪生。</translation>
    </message>
    <message>
        <source>Frequency</source>
        <translation>频率</translation>
    </message>
    <message>
        <source>Full scale</source>
        <translation>满量程</translation>
    </message>
    <message>
        <source>Gain</source>
        <translation>增益</translation>
    </message>
    <message>
        <source>Gain drift</source>
        <translation>增益漂移</translation>
    </message>
    <message>
        <source>Gain of each shot</source>
        <translation>各次测量的增益</translation>
    </message>
    <message>
        <source>Gain of quiet drives</source>
        <translation>弱驱动时的增益</translation>
    </message>
    <message>
        <source>Generator voltage</source>
        <translation>发生器电压</translation>
    </message>
    <message>
        <source>Give each feature a mean of 0 and a spread of 1 over the training samples (chain).</source>
        <translation>使每个特征在训练样本上均值为 0、标准差为 1（链式）。</translation>
    </message>
    <message>
        <source>Go on</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Go on with it</source>
        <translation>继续运行</translation>
    </message>
    <message>
        <source>Go on with this interrupted run where it was</source>
        <translation>从中断处继续此运行</translation>
    </message>
    <message>
        <source>Go to</source>
        <translation>前往</translation>
    </message>
    <message>
        <source>Going on after step {step}, {wall_s:.0f} s into the run.</source>
        <translation>从第 {step} 步之后继续，此前已运行 {wall_s:.0f} 秒。</translation>
    </message>
    <message>
        <source>Gradient</source>
        <translation>梯度</translation>
    </message>
    <message>
        <source>Gradient alignment was low: the cosine fell to {lowest:.2f} (below {low:g}).</source>
        <translation>梯度一致性较低：余弦降到 {lowest:.2f}（低于 {low:g}）。</translation>
    </message>
    <message>
        <source>Gradient alignment {cosine:.3f} ({verdict}).</source>
        <translation>梯度一致性 {cosine:.3f}（{verdict}）。</translation>
    </message>
    <message>
        <source>Hann</source>
        <translation>Hann</translation>
    </message>
    <message>
        <source>Hardening</source>
        <translation>硬化</translation>
    </message>
    <message>
        <source>Hardening of suspension and mount: relative shift at full drive's static deflection.</source>
        <translation>悬挂与安装的硬化：满激励静态位移下的相对移动。</translation>
    </message>
    <message>
        <source>Held-out error</source>
        <translation>留出误差</translation>
    </message>
    <message>
        <source>Held-out shots</source>
        <translation>留出的测量</translation>
    </message>
    <message>
        <source>Help</source>
        <translation>帮助</translation>
    </message>
    <message>
        <source>Help on this page</source>
        <translation>本页帮助</translation>
    </message>
    <message>
        <source>Here the second harmonic of each shot appears as the spectrometer reads it. The bands say where each class is read, the efficiency how much of the light was converted.</source>
        <translation>这里显示光谱仪读到的每次测量的二次谐波。色带表示各类别的读取位置，效率表示有多少光被转换。</translation>
    </message>
    <message>
        <source>Hold it</source>
        <translation>暂停它</translation>
    </message>
    <message>
        <source>Hold the peaks</source>
        <translation>峰值保持</translation>
    </message>
    <message>
        <source>Hours</source>
        <translation>小时数</translation>
    </message>
    <message>
        <source>Hours between calibration and training, for a system that can age (simulated).</source>
        <translation>校准与训练之间相隔的小时数，用于会老化的系统（仿真）。</translation>
    </message>
    <message>
        <source>Hours that pass over the training, evenly, besides its shots' own time, for a system that can age (simulated).</source>
        <translation>训练期间均匀流逝的小时数，不含测量本身的时间；用于会老化的系统（仿真）。</translation>
    </message>
    <message>
        <source>How a network is trained.</source>
        <translation>网络如何训练。</translation>
    </message>
    <message>
        <source>How a shot is recorded, and how long an answer may take.</source>
        <translation>测量如何记录，以及应答允许的时间。</translation>
    </message>
    <message>
        <source>How long a lost instrument is looked for before a run ends, or in a window waits for you.</source>
        <translation>仪器丢失后，运行结束（或在窗口中等待您）之前寻找它的时长。</translation>
    </message>
    <message>
        <source>How long an answer may take.</source>
        <translation>应答允许的最长时间。</translation>
    </message>
    <message>
        <source>How long the answer takes, whether that changes, and how much of the noise is a shift in time.</source>
        <translation>响应需要多久、是否变化，以及噪声中有多少是时间抖动。</translation>
    </message>
    <message>
        <source>How much later than the trigger the response begins.</source>
        <translation>响应比触发晚多久开始。</translation>
    </message>
    <message>
        <source>How much of the range the response fills: nothing may be dead, nothing clipped.</source>
        <translation>响应占满多少量程：不得有失效通道，也不得削波。</translation>
    </message>
    <message>
        <source>How much warmer a watt of heat makes it in the end.</source>
        <translation>每瓦热量最终使其升温多少。</translation>
    </message>
    <message>
        <source>How shots are composed into a network.</source>
        <translation>各次测量如何组成网络。</translation>
    </message>
    <message>
        <source>How small signals pass: transfer function, coherence, memory, or the matrix of a system without time.</source>
        <translation>小信号如何通过：传递函数、相干性、记忆长度；没有时间轴的系统则为小信号矩阵。</translation>
    </message>
    <message>
        <source>How their drives are drawn: quiet to loud, at random, as the task's, or where twins disagree.</source>
        <translation>驱动的抽取方式：由弱到强、随机、与任务相同，或在孪生分歧之处。</translation>
    </message>
    <message>
        <source>Hybrid</source>
        <translation>混合</translation>
    </message>
    <message>
        <source>Hysteresis</source>
        <translation>磁滞</translation>
    </message>
    <message>
        <source>Ideal</source>
        <translation>理想</translation>
    </message>
    <message>
        <source>Image</source>
        <translation>图像</translation>
    </message>
    <message>
        <source>Imperfections</source>
        <translation>非理想因素</translation>
    </message>
    <message>
        <source>Imperfections: reading them …</source>
        <translation>非理想因素：正在读取…</translation>
    </message>
    <message>
        <source>Impulse response</source>
        <translation>冲激响应</translation>
    </message>
    <message>
        <source>In progress</source>
        <translation>进行中</translation>
    </message>
    <message>
        <source>In silico</source>
        <translation>纯仿真</translation>
    </message>
    <message>
        <source>In the last epoch</source>
        <translation>最后一轮</translation>
    </message>
    <message>
        <source>Inductance</source>
        <translation>电感</translation>
    </message>
    <message>
        <source>Initial gain</source>
        <translation>初始增益</translation>
    </message>
    <message>
        <source>Initial level</source>
        <translation>初始水平</translation>
    </message>
    <message>
        <source>Initial position</source>
        <translation>初始位置</translation>
    </message>
    <message>
        <source>Initial spread</source>
        <translation>初始离散度</translation>
    </message>
    <message>
        <source>Input range; 0 chooses by itself.</source>
        <translation>输入量程；0 表示自动选择。</translation>
    </message>
    <message>
        <source>Instrument</source>
        <translation>仪器</translation>
    </message>
    <message>
        <source>Instruments by the bus that they are on</source>
        <translation>按总线列出的仪器</translation>
    </message>
    <message>
        <source>Interrupted</source>
        <translation>已中断</translation>
    </message>
    <message>
        <source>It belongs to the demo bench.</source>
        <translation>它属于演示平台。</translation>
    </message>
    <message>
        <source>It can go on: see the page Runs, or overtone resume {folder}</source>
        <translation>可以接着进行：见“运行记录”页，或执行 overtone resume {folder}</translation>
    </message>
    <message>
        <source>It cannot be read: {reason}</source>
        <translation>无法读取：{reason}</translation>
    </message>
    <message>
        <source>It gave no reason.</source>
        <translation>没有给出原因。</translation>
    </message>
    <message>
        <source>It leaves {error:.1%} of the held-out signal.</source>
        <translation>残差为留出信号的 {error:.1%}。</translation>
    </message>
    <message>
        <source>Jitter</source>
        <translation>抖动</translation>
    </message>
    <message>
        <source>Jitter of {jitter:.2g} s is an error of {error:.1%} of the signal; improve the trigger.</source>
        <translation>{jitter:.2g} s 的抖动造成信号 {error:.1%} 的误差；请改进触发。</translation>
    </message>
    <message>
        <source>Journal</source>
        <translation>测量记录</translation>
    </message>
    <message>
        <source>Keep</source>
        <translation>保留</translation>
    </message>
    <message>
        <source>Keep a picture</source>
        <translation>保存一张图</translation>
    </message>
    <message>
        <source>Keep these values as a preset of your own</source>
        <translation>把这些值保存为自己的预设</translation>
    </message>
    <message>
        <source>Keep these values under a name of their own</source>
        <translation>用自己的名称保存这些值</translation>
    </message>
    <message>
        <source>Kernel</source>
        <translation>核</translation>
    </message>
    <message>
        <source>Key</source>
        <translation>键</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>Label</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Label smoothing</source>
        <translation>标签平滑</translation>
    </message>
    <message>
        <source>Language: {choice}</source>
        <translation>语言：{choice}</translation>
    </message>
    <message>
        <source>Largest learning rate of the fit.</source>
        <translation>拟合的最大学习率。</translation>
    </message>
    <message>
        <source>Largest learning rate; it falls from there as a cosine to zero.</source>
        <translation>最大学习率；此后按余弦降到零。</translation>
    </message>
    <message>
        <source>Largest learning rate; it falls from there as a cosine.</source>
        <translation>最大学习率；由此按余弦下降。</translation>
    </message>
    <message>
        <source>Largest response</source>
        <translation>最大响应</translation>
    </message>
    <message>
        <source>Largest rise of the estimated temperature of what the output drives; 0 is no limit.</source>
        <translation>输出所驱动对象的估计温度允许的最大升幅；0 表示不限制。</translation>
    </message>
    <message>
        <source>Largest singular value</source>
        <translation>最大奇异值</translation>
    </message>
    <message>
        <source>Largest voltage that the output may make; 0 is that of the drive.</source>
        <translation>输出允许的最大电压；0 表示与驱动相同。</translation>
    </message>
    <message>
        <source>Last column</source>
        <translation>末列</translation>
    </message>
    <message>
        <source>Last met: {model}, output up to ±{output_v:g} V.</source>
        <translation>上次连接：{model}，输出最大 ±{output_v:g} V。</translation>
    </message>
    <message>
        <source>Latency</source>
        <translation>延迟</translation>
    </message>
    <message>
        <source>Latency of each shot</source>
        <translation>各次测量的延迟</translation>
    </message>
    <message>
        <source>Latest shot</source>
        <translation>最近一次测量</translation>
    </message>
    <message>
        <source>Layer</source>
        <translation>层</translation>
    </message>
    <message>
        <source>Layers</source>
        <translation>层</translation>
    </message>
    <message>
        <source>Learning rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>Learning rate at the end, part of the largest; above 0 a network goes on following a drift.</source>
        <translation>结束时的学习率，为最大值的一部分；大于 0 时网络继续跟随漂移。</translation>
    </message>
    <message>
        <source>Leave it</source>
        <translation>暂不处理</translation>
    </message>
    <message>
        <source>Left of held-out shots, rms</source>
        <translation>留出测量的残差，均方根</translation>
    </message>
    <message>
        <source>Let it end</source>
        <translation>让它结束</translation>
    </message>
    <message>
        <source>Let it go on</source>
        <translation>让它继续</translation>
    </message>
    <message>
        <source>Let later shots see the features themselves, too (chain).</source>
        <translation>让后面的测量也能看到特征本身（链式）。</translation>
    </message>
    <message>
        <source>Level</source>
        <translation>级别</translation>
    </message>
    <message>
        <source>Level of gzip for a journal that keeps all; 0 does not compress.</source>
        <translation>保留全部时测量记录的 gzip 级别；0 表示不压缩。</translation>
    </message>
    <message>
        <source>Light, dark, or as the system; the language</source>
        <translation>浅色、深色或跟随系统；界面语言</translation>
    </message>
    <message>
        <source>Limit</source>
        <translation>限值</translation>
    </message>
    <message>
        <source>Limit duty</source>
        <translation>占空限值</translation>
    </message>
    <message>
        <source>Limit rise</source>
        <translation>升温上限</translation>
    </message>
    <message>
        <source>Limit slew</source>
        <translation>变化率限值</translation>
    </message>
    <message>
        <source>Linearity</source>
        <translation>线性度</translation>
    </message>
    <message>
        <source>Live</source>
        <translation>实时</translation>
    </message>
    <message>
        <source>Load</source>
        <translation>负载</translation>
    </message>
    <message>
        <source>Loading the engine and the data</source>
        <translation>正在载入引擎和数据</translation>
    </message>
    <message>
        <source>Loading the solvers (the first time on a machine they are compiled)</source>
        <translation>正在载入求解器（在一台机器上首次使用时需要编译）</translation>
    </message>
    <message>
        <source>Local time</source>
        <translation>本地时间</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>Logarithmic axis</source>
        <translation>对数坐标轴</translation>
    </message>
    <message>
        <source>Logarithmic frequency</source>
        <translation>对数频率轴</translation>
    </message>
    <message>
        <source>Logit gain</source>
        <translation>得分增益</translation>
    </message>
    <message>
        <source>Look for instruments</source>
        <translation>查找仪器</translation>
    </message>
    <message>
        <source>Looking for it again …</source>
        <translation>正在重新寻找……</translation>
    </message>
    <message>
        <source>Looking for the range of {system}, and for dead or clipped channels</source>
        <translation>正在查找 {system} 的量程，以及失效或削波的通道</translation>
    </message>
    <message>
        <source>Looking …</source>
        <translation>正在查找……</translation>
    </message>
    <message>
        <source>Loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>Loud</source>
        <translation>强驱动</translation>
    </message>
    <message>
        <source>Loudness</source>
        <translation>响应强度</translation>
    </message>
    <message>
        <source>Lowest R²</source>
        <translation>最低 R²</translation>
    </message>
    <message>
        <source>MNIST digits</source>
        <translation>MNIST 数字</translation>
    </message>
    <message>
        <source>Magnitude</source>
        <translation>幅值</translation>
    </message>
    <message>
        <source>Matrix</source>
        <translation>矩阵</translation>
    </message>
    <message>
        <source>Maxima</source>
        <translation>极大值</translation>
    </message>
    <message>
        <source>Maximum {number}</source>
        <translation>极大值 {number}</translation>
    </message>
    <message>
        <source>Mean difference</source>
        <translation>平均差</translation>
    </message>
    <message>
        <source>Mean of the controls that training starts from (chain).</source>
        <translation>训练开始时控制量的均值（链式）。</translation>
    </message>
    <message>
        <source>Mean square of the output over that of its largest voltage; the output rests accordingly.</source>
        <translation>输出的均方值与其最大电压均方值之比；输出据此间歇。</translation>
    </message>
    <message>
        <source>Measure and fit: no network is trained, no run is written.</source>
        <translation>测量并拟合：不训练网络，也不写入运行记录。</translation>
    </message>
    <message>
        <source>Measure gradients on the device, three passes a shot: noisy, but no twin is trusted.</source>
        <translation>在设备上测量梯度，每次测量三遍：有噪声，但不依赖孪生。</translation>
    </message>
    <message>
        <source>Measured</source>
        <translation>实测</translation>
    </message>
    <message>
        <source>Measured power of the response over the power that the drive asks for. Both are taken from the data sheet's laser spectrum and reference level: losses and drifts since are in this figure, and light beyond the range of the spectrometer is not.</source>
        <translation>测得的响应功率与激励所要求的功率之比。两者均按数据手册的激光光谱和参考电平计算：此后的损耗和漂移包含在内，光谱仪量程以外的光不包含在内。</translation>
    </message>
    <message>
        <source>Measurement</source>
        <translation>测量</translation>
    </message>
    <message>
        <source>Measuring how {system} answers stronger drives</source>
        <translation>正在测量 {system} 对更强驱动的响应</translation>
    </message>
    <message>
        <source>Measuring how {system} answers weak drives</source>
        <translation>正在测量 {system} 对弱驱动的响应</translation>
    </message>
    <message>
        <source>Measuring the derivative of {system}</source>
        <translation>正在测量 {system} 的导数</translation>
    </message>
    <message>
        <source>Measuring the test set on {system}</source>
        <translation>正在 {system} 上测量测试集</translation>
    </message>
    <message>
        <source>Measuring {shots} new shots to fit the twin again.</source>
        <translation>正在进行 {shots} 次新测量，以重新拟合孪生。</translation>
    </message>
    <message>
        <source>Measuring {shots} shots</source>
        <translation>正在进行 {shots} 次测量</translation>
    </message>
    <message>
        <source>Measuring {shots} shots for the {twin} twin</source>
        <translation>正在为孪生（{twin}）测量 {shots} 次</translation>
    </message>
    <message>
        <source>Measuring {shots} shots to check the saved twin</source>
        <translation>正在进行 {shots} 次测量以检验已保存的孪生</translation>
    </message>
    <message>
        <source>Memory</source>
        <translation>记忆长度</translation>
    </message>
    <message>
        <source>Menu of {view}</source>
        <translation>{view}的菜单</translation>
    </message>
    <message>
        <source>Microphone</source>
        <translation>麦克风</translation>
    </message>
    <message>
        <source>Misaligned</source>
        <translation>未对齐</translation>
    </message>
    <message>
        <source>Mode scatter</source>
        <translation>模态离散</translation>
    </message>
    <message>
        <source>Monitor share</source>
        <translation>监测占比</translation>
    </message>
    <message>
        <source>More shots pay, up to about {shots:,}: twice as many make {then:.1%} of {now:.1%}.</source>
        <translation>增加测量值得，最多约 {shots:,} 次：加倍可使误差由 {now:.1%} 降至 {then:.1%}。</translation>
    </message>
    <message>
        <source>Mount</source>
        <translation>安装</translation>
    </message>
    <message>
        <source>Move to trash</source>
        <translation>移到回收站</translation>
    </message>
    <message>
        <source>Move {runs} ({size}) to the trash? It can be put back from there.</source>
        <translation>将 {runs}（{size}）移到回收站？之后可以从中恢复。</translation>
    </message>
    <message>
        <source>Moved {runs} to the trash.</source>
        <translation>已将 {runs} 移到回收站。</translation>
    </message>
    <message>
        <source>Moving {runs} to the trash</source>
        <translation>正在将 {runs} 移到回收站</translation>
    </message>
    <message>
        <source>Multi-sine</source>
        <translation>多正弦</translation>
    </message>
    <message>
        <source>NI-DAQmx cards</source>
        <translation>NI-DAQmx 采集卡</translation>
    </message>
    <message>
        <source>NOT TESTED</source>
        <translation>未测试</translation>
    </message>
    <message>
        <source>Name</source>
        <translation>名称</translation>
    </message>
    <message>
        <source>Network</source>
        <translation>网络</translation>
    </message>
    <message>
        <source>Network (TorchScript)</source>
        <translation>网络 (TorchScript)</translation>
    </message>
    <message>
        <source>Network: {boxes}</source>
        <translation>网络：{boxes}</translation>
    </message>
    <message>
        <source>Neural</source>
        <translation>神经网络</translation>
    </message>
    <message>
        <source>New here? The tour leads through a whole experiment in five minutes.</source>
        <translation>初次使用？五分钟的导览带您走完一个完整的实验。</translation>
    </message>
    <message>
        <source>Next</source>
        <translation>下一步</translation>
    </message>
    <message>
        <source>No better validation accuracy for {count} epochs: ending.</source>
        <translation>验证准确率已有 {count} 轮没有提高：结束训练。</translation>
    </message>
    <message>
        <source>No channel answers to the drive; check the cables, the outputs and the gain.</source>
        <translation>没有通道响应驱动；请检查电缆、输出和增益。</translation>
    </message>
    <message>
        <source>No command has these words.</source>
        <translation>没有包含这些词的命令。</translation>
    </message>
    <message>
        <source>No drift that matters in {time}.</source>
        <translation>{time} 内没有值得注意的漂移。</translation>
    </message>
    <message>
        <source>No instrument is chosen.</source>
        <translation>未选择仪器。</translation>
    </message>
    <message>
        <source>No instrument is chosen. Add one, take one from the list of what is connected, or start the demo bench.</source>
        <translation>未选择仪器。请添加一台、从已连接的列表中选取，或启动演示平台。</translation>
    </message>
    <message>
        <source>No run has all of this. Take a word away, or show all states and systems.</source>
        <translation>没有运行符合全部条件。去掉一个词，或显示所有状态和系统。</translation>
    </message>
    <message>
        <source>No runs yet. Quick start trains a network in half a minute, on a simulated bench.</source>
        <translation>还没有运行。“快速开始”可在半分钟内于仿真平台上训练一个网络。</translation>
    </message>
    <message>
        <source>No runs yet. Quick start, on the page Start, trains a network in half a minute. Every run is kept as a folder with all that is needed to look at it, to compare it and to repeat it.</source>
        <translation>还没有运行。“开始”页的“快速开始”可在半分钟内训练一个网络。每次运行保存为一个文件夹，包含查看、比较和重复它所需的一切。</translation>
    </message>
    <message>
        <source>No system yet</source>
        <translation>尚无系统</translation>
    </message>
    <message>
        <source>No time went by, so that nothing can be said about drift.</source>
        <translation>没有经过时间，因此无法判断漂移。</translation>
    </message>
    <message>
        <source>Noise</source>
        <translation>噪声</translation>
    </message>
    <message>
        <source>Noise against level</source>
        <translation>噪声与幅度</translation>
    </message>
    <message>
        <source>Noise density</source>
        <translation>噪声密度</translation>
    </message>
    <message>
        <source>Noise floor</source>
        <translation>噪声底</translation>
    </message>
    <message>
        <source>Noise of a loud shot</source>
        <translation>强驱动测量的噪声</translation>
    </message>
    <message>
        <source>Noise of the initial positions from shot to shot, relative to the largest, rms.</source>
        <translation>初始位置逐次测量的噪声，相对于最大值，均方根。</translation>
    </message>
    <message>
        <source>Noise of the laser's pointing, a rank-2 change of the spectrum, relative rms.</source>
        <translation>激光指向噪声，光谱的秩 2 变化，相对均方根。</translation>
    </message>
    <message>
        <source>Noise of the laser's power from shot to shot, relative rms.</source>
        <translation>激光功率逐次测量的噪声，相对均方根。</translation>
    </message>
    <message>
        <source>Noise of the measured positions, relative to the largest release, rms.</source>
        <translation>测得位置的噪声，相对于最大释放幅度，均方根。</translation>
    </message>
    <message>
        <source>Noise of the microphone, rms of full scale.</source>
        <translation>麦克风噪声，相对满量程的均方根。</translation>
    </message>
    <message>
        <source>Noise of the read-out, relative to saturation, rms.</source>
        <translation>读出噪声，相对于饱和值，均方根。</translation>
    </message>
    <message>
        <source>Noise of the response, relative to its typical rms.</source>
        <translation>响应的噪声，相对于其典型均方根。</translation>
    </message>
    <message>
        <source>Noise or a poor twin hides where the device's gradient points: calibrate with more shots.</source>
        <translation>噪声或较差的孪生掩盖了设备梯度的方向：请用更多次测量来校准。</translation>
    </message>
    <message>
        <source>Noise over signal</source>
        <translation>噪声与信号之比</translation>
    </message>
    <message>
        <source>Noise power in common parts</source>
        <translation>公共分量所占噪声功率</translation>
    </message>
    <message>
        <source>Noise, predicted over measured</source>
        <translation>噪声：预测值与实测值之比</translation>
    </message>
    <message>
        <source>None answers. Instruments at raw sockets are never listed: type the address.</source>
        <translation>没有应答。原始套接字上的仪器不会列出：请输入地址。</translation>
    </message>
    <message>
        <source>None has an output and an input. Plug in a speaker and a microphone.</source>
        <translation>没有同时具备输出和输入的设备。请接上扬声器和麦克风。</translation>
    </message>
    <message>
        <source>None is plugged in, or its access rights are missing: run seabreeze_os_setup once.</source>
        <translation>未接入，或缺少访问权限：请运行一次 seabreeze_os_setup。</translation>
    </message>
    <message>
        <source>Nonlinear oscillator</source>
        <translation>非线性振荡器</translation>
    </message>
    <message>
        <source>Normalise</source>
        <translation>归一化</translation>
    </message>
    <message>
        <source>Not a whole number.</source>
        <translation>不是整数。</translation>
    </message>
    <message>
        <source>Not finished, and only in the curves: {runs}.</source>
        <translation>未完成，只出现在曲线中：{runs}。</translation>
    </message>
    <message>
        <source>Not identifiable</source>
        <translation>无法辨识</translation>
    </message>
    <message>
        <source>Not looked at yet.</source>
        <translation>尚未查找。</translation>
    </message>
    <message>
        <source>Not now</source>
        <translation>暂不</translation>
    </message>
    <message>
        <source>Not of the form that is wanted.</source>
        <translation>不符合要求的形式。</translation>
    </message>
    <message>
        <source>Not saved yet: Ctrl+S, or leave the field</source>
        <translation>尚未保存：按 Ctrl+S，或离开输入框</translation>
    </message>
    <message>
        <source>Not saved. It is kept here while the window is open; Ctrl+S tries again.</source>
        <translation>未保存。窗口打开期间保留在这里；按 Ctrl+S 重试。</translation>
    </message>
    <message>
        <source>Not tested yet. Nothing moves before a test shot or a run.</source>
        <translation>尚未测试。在测试测量或运行之前，输出不会有任何动作。</translation>
    </message>
    <message>
        <source>Notebook (Jupyter)</source>
        <translation>笔记本 (Jupyter)</translation>
    </message>
    <message>
        <source>Notes on the run</source>
        <translation>此运行的备注</translation>
    </message>
    <message>
        <source>Notes: what was tried, what was seen</source>
        <translation>备注：尝试了什么，看到了什么</translation>
    </message>
    <message>
        <source>Nothing differs from the preset.</source>
        <translation>与预设没有差别。</translation>
    </message>
    <message>
        <source>Nothing has happened yet. Messages of the engine and errors of any thread appear here.</source>
        <translation>还没有任何事件。引擎的消息和任何线程的错误都会显示在这里。</translation>
    </message>
    <message>
        <source>Nothing is running that could be held.</source>
        <translation>没有可以暂停的运行。</translation>
    </message>
    <message>
        <source>Nothing is running.</source>
        <translation>没有正在进行的运行。</translation>
    </message>
    <message>
        <source>Nothing moves before this button is pressed. The bench is simulated: it has noise, drift and hidden errors of its own, which its digital twin has to find out first.</source>
        <translation>按下此按钮之前什么都不会动。该平台是仿真的：它有自己的噪声、漂移和隐藏误差，数字孪生必须先把它们找出来。</translation>
    </message>
    <message>
        <source>Nothing to redo.</source>
        <translation>没有可重做的操作。</translation>
    </message>
    <message>
        <source>Nothing to undo.</source>
        <translation>没有可撤销的操作。</translation>
    </message>
    <message>
        <source>Number</source>
        <translation>序号</translation>
    </message>
    <message>
        <source>Number of shots</source>
        <translation>测量次数</translation>
    </message>
    <message>
        <source>Of all files of the run</source>
        <translation>该运行的全部文件</translation>
    </message>
    <message>
        <source>Offset</source>
        <translation>偏置</translation>
    </message>
    <message>
        <source>Offset drift</source>
        <translation>偏置漂移</translation>
    </message>
    <message>
        <source>Offset of the mount between units, relative: shifts suspension and rocking.</source>
        <translation>样机之间安装的偏差，相对值：移动悬挂与摇摆模态。</translation>
    </message>
    <message>
        <source>On a real apparatus</source>
        <translation>在真实装置上</translation>
    </message>
    <message>
        <source>On misalignment</source>
        <translation>不一致时</translation>
    </message>
    <message>
        <source>On the device, with the 95 % interval of {count:,} samples</source>
        <translation>在设备上，{count:,} 个样本的 95 % 区间</translation>
    </message>
    <message>
        <source>On the same test samples {first} alone is right on {only_first} and {second} alone on {only_second} (McNemar, exact: p = {p:.3g}): {verdict}. This is about these two trained networks; another seed or unit may turn it round.</source>
        <translation>在相同的测试样本上，仅 {first} 正确的有 {only_first} 个，仅 {second} 正确的有 {only_second} 个（McNemar 精确检验：p = {p:.3g}）：{verdict}。这只针对这两个训练好的网络；换一个种子或样机，结论可能相反。</translation>
    </message>
    <message>
        <source>On this computer</source>
        <translation>在本机上</translation>
    </message>
    <message>
        <source>One shot again and again: how far its answers scatter, and which of their values scatter together.</source>
        <translation>重复同一次测量：响应的离散程度，以及哪些值一起波动。</translation>
    </message>
    <message>
        <source>Only a paused run goes on by single steps.</source>
        <translation>只有已暂停的运行才能单步执行。</translation>
    </message>
    <message>
        <source>Only your own presets can be removed.</source>
        <translation>只能移除自己的预设。</translation>
    </message>
    <message>
        <source>Open a specification</source>
        <translation>打开实验规格</translation>
    </message>
    <message>
        <source>Open a specification, a .toml file</source>
        <translation>打开一份实验规格（.toml 文件）</translation>
    </message>
    <message>
        <source>Open again</source>
        <translation>再次打开</translation>
    </message>
    <message>
        <source>Open folder</source>
        <translation>打开文件夹</translation>
    </message>
    <message>
        <source>Open…</source>
        <translation>打开…</translation>
    </message>
    <message>
        <source>Optimiser step</source>
        <translation>优化步</translation>
    </message>
    <message>
        <source>Optimiser steps of the fit.</source>
        <translation>拟合的优化步数。</translation>
    </message>
    <message>
        <source>Or where “{section} · {field}” is {values}.</source>
        <translation>或当“{section} · {field}”为 {values} 时。</translation>
    </message>
    <message>
        <source>Oscillator: MNIST digits</source>
        <translation>振荡器：MNIST 数字</translation>
    </message>
    <message>
        <source>Out of range.</source>
        <translation>超出范围。</translation>
    </message>
    <message>
        <source>Outlying shots</source>
        <translation>异常测量比例</translation>
    </message>
    <message>
        <source>Output number, along {axis}</source>
        <translation>输出序号（沿{axis}）</translation>
    </message>
    <message>
        <source>Outputs of all layers</source>
        <translation>各层输出</translation>
    </message>
    <message>
        <source>Own presets</source>
        <translation>自己的预设</translation>
    </message>
    <message>
        <source>PAT</source>
        <translation>PAT</translation>
    </message>
    <message>
        <source>Pair</source>
        <translation>配对</translation>
    </message>
    <message>
        <source>Pairs</source>
        <translation>配对</translation>
    </message>
    <message>
        <source>Parameter drift</source>
        <translation>参数漂移</translation>
    </message>
    <message>
        <source>Part</source>
        <translation>部分</translation>
    </message>
    <message>
        <source>Part of a label that is shared out among all classes.</source>
        <translation>标签中平均分给所有类别的部分。</translation>
    </message>
    <message>
        <source>Part of all steps over which the learning rate rises at first.</source>
        <translation>学习率在开始时上升所占的步数比例。</translation>
    </message>
    <message>
        <source>Part of the device passes that may check the twin's gradient, besides one check at the start and one at the end; 0 never checks.</source>
        <translation>除开始和结束各一次之外，可用来检查孪生梯度的设备测量比例；0 表示从不检查。</translation>
    </message>
    <message>
        <source>Part of the response</source>
        <translation>占响应的比例</translation>
    </message>
    <message>
        <source>Part of the shots that stay off by one sample after alignment.</source>
        <translation>对齐后仍偏差一个采样的测量比例。</translation>
    </message>
    <message>
        <source>Part of the training samples that is held back to watch the training.</source>
        <translation>留出用来观察训练的那部分训练样本。</translation>
    </message>
    <message>
        <source>Passes over the training samples.</source>
        <translation>遍历训练样本的次数。</translation>
    </message>
    <message>
        <source>Path</source>
        <translation>路径</translation>
    </message>
    <message>
        <source>Patience</source>
        <translation>耐心</translation>
    </message>
    <message>
        <source>Pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>Pause or resume</source>
        <translation>暂停或继续</translation>
    </message>
    <message>
        <source>Pause the run, here or with the space bar. The outputs go to their safe state meanwhile.</source>
        <translation>在这里或用空格键暂停运行。其间输出处于安全状态。</translation>
    </message>
    <message>
        <source>Pause this view</source>
        <translation>暂停此视图</translation>
    </message>
    <message>
        <source>Peak learning rate</source>
        <translation>峰值学习率</translation>
    </message>
    <message>
        <source>Peak learning rate {rate:g} from the next step on</source>
        <translation>自下一步起，峰值学习率为 {rate:g}</translation>
    </message>
    <message>
        <source>Peak learning rate: type another one and press Enter. It holds from the next step on.</source>
        <translation>峰值学习率：输入新值并按 Enter，自下一步起生效。</translation>
    </message>
    <message>
        <source>Pendula bench</source>
        <translation>耦合摆平台</translation>
    </message>
    <message>
        <source>Pendula: MNIST digits</source>
        <translation>耦合摆：MNIST 数字</translation>
    </message>
    <message>
        <source>Pendulum</source>
        <translation>摆</translation>
    </message>
    <message>
        <source>Phase</source>
        <translation>相位</translation>
    </message>
    <message>
        <source>Phase asked for</source>
        <translation>要求的相位</translation>
    </message>
    <message>
        <source>Phase portrait</source>
        <translation>相图</translation>
    </message>
    <message>
        <source>Physical</source>
        <translation>物理部分</translation>
    </message>
    <message>
        <source>Physics</source>
        <translation>物理方程</translation>
    </message>
    <message>
        <source>Physics-aware (PAT)</source>
        <translation>物理感知（PAT）</translation>
    </message>
    <message>
        <source>Plain digital computing is better: {better}; this network reaches {own}.</source>
        <translation>纯数字计算更好：{better}；此网络达到 {own}。</translation>
    </message>
    <message>
        <source>Plate: MNIST digits</source>
        <translation>钛板：MNIST 数字</translation>
    </message>
    <message>
        <source>Point at a field to see what it does, its limits and its default.</source>
        <translation>指向一个字段，可查看其作用、范围和默认值。</translation>
    </message>
    <message>
        <source>Pointing noise</source>
        <translation>指向噪声</translation>
    </message>
    <message>
        <source>PortAudio is missing. On Debian and Ubuntu: sudo apt install libportaudio2</source>
        <translation>缺少 PortAudio。在 Debian 和 Ubuntu 上：sudo apt install libportaudio2</translation>
    </message>
    <message>
        <source>Power noise</source>
        <translation>功率噪声</translation>
    </message>
    <message>
        <source>Press Test shot: one quiet waveform goes out, and what the instrument records appears here.</source>
        <translation>请按“测试测量”：输出一个微弱波形，仪器记录的结果显示在这里。</translation>
    </message>
    <message>
        <source>Press a box to see its settings; ← and → go from box to box.</source>
        <translation>点按方框可查看其设置；← 和 → 在方框间移动。</translation>
    </message>
    <message>
        <source>Press “Try now” when it is ready, or stop the run.</source>
        <translation>就绪后请按“立即重试”，或停止运行。</translation>
    </message>
    <message>
        <source>Put address, wiring and limits into the experiment.</source>
        <translation>将地址、接线和限值写入实验。</translation>
    </message>
    <message>
        <source>Quality</source>
        <translation>品质因数</translation>
    </message>
    <message>
        <source>Quick start</source>
        <translation>快速开始</translation>
    </message>
    <message>
        <source>Quick start trains ten vowels on a simulated SHG bench. Or choose a system.</source>
        <translation>快速开始：在仿真的 SHG 平台上训练识别十个元音。也可以选择一个系统。</translation>
    </message>
    <message>
        <source>Quick start: SHG, ten vowels</source>
        <translation>快速开始：SHG，十个元音</translation>
    </message>
    <message>
        <source>Random</source>
        <translation>随机</translation>
    </message>
    <message>
        <source>Random change of training samples: pixels that images move, part of a deviation for vowels.</source>
        <translation>训练样本的随机变化：图像移动的像素数；对元音则为标准差的若干分之一。</translation>
    </message>
    <message>
        <source>Random shots, to which the twin is fitted.</source>
        <translation>用于拟合孪生的随机测量。</translation>
    </message>
    <message>
        <source>Random walk of all natural frequencies together, relative.</source>
        <translation>全部固有频率共同的随机游走，相对值。</translation>
    </message>
    <message>
        <source>Random walk of the conversion strength, relative.</source>
        <translation>转换强度的随机游走，相对值。</translation>
    </message>
    <message>
        <source>Random walk of the gain, relative.</source>
        <translation>增益的随机游走，相对值。</translation>
    </message>
    <message>
        <source>Randomness of the values that training starts from.</source>
        <translation>训练初始值的随机程度。</translation>
    </message>
    <message>
        <source>Range</source>
        <translation>量程</translation>
    </message>
    <message>
        <source>Range penalty</source>
        <translation>越界惩罚</translation>
    </message>
    <message>
        <source>Rank above noise</source>
        <translation>高于噪声的秩</translation>
    </message>
    <message>
        <source>Read noise</source>
        <translation>读出噪声</translation>
    </message>
    <message>
        <source>Read the report</source>
        <translation>阅读报告</translation>
    </message>
    <message>
        <source>Reading the list of runs</source>
        <translation>正在读取运行列表</translation>
    </message>
    <message>
        <source>Reading the run</source>
        <translation>正在读取运行</translation>
    </message>
    <message>
        <source>Reading the runs</source>
        <translation>正在读取这些运行</translation>
    </message>
    <message>
        <source>Readout</source>
        <translation>读出</translation>
    </message>
    <message>
        <source>Readout bits</source>
        <translation>读出位数</translation>
    </message>
    <message>
        <source>Readout noise</source>
        <translation>读出噪声</translation>
    </message>
    <message>
        <source>Recent runs</source>
        <translation>最近的运行</translation>
    </message>
    <message>
        <source>Reconnect</source>
        <translation>重新连接</translation>
    </message>
    <message>
        <source>Recorder</source>
        <translation>记录仪器</translation>
    </message>
    <message>
        <source>Records that are averaged to a shot.</source>
        <translation>平均为一次测量的记录数。</translation>
    </message>
    <message>
        <source>Rectangular</source>
        <translation>矩形</translation>
    </message>
    <message>
        <source>Redo</source>
        <translation>重做</translation>
    </message>
    <message>
        <source>Refine</source>
        <translation>在线修正</translation>
    </message>
    <message>
        <source>Relative gain</source>
        <translation>相对增益</translation>
    </message>
    <message>
        <source>Release bits</source>
        <translation>释放位数</translation>
    </message>
    <message>
        <source>Release noise</source>
        <translation>释放噪声</translation>
    </message>
    <message>
        <source>Remove</source>
        <translation>移除</translation>
    </message>
    <message>
        <source>Remove the preset {preset}?</source>
        <translation>移除预设“{preset}”？</translation>
    </message>
    <message>
        <source>Repeat</source>
        <translation>重复</translation>
    </message>
    <message>
        <source>Repeat the features as a whole until they fill a shot, or hold each one (chain).</source>
        <translation>把全部特征整体重复以填满一次测量，或逐个保持（链式）。</translation>
    </message>
    <message>
        <source>Repeated shots scatter by {ratio:.1%} of the signal.</source>
        <translation>重复测量的离散为信号的 {ratio:.1%}。</translation>
    </message>
    <message>
        <source>Repeated shots scatter by {ratio:.1%} of the signal; raise the drive or the gain, or average.</source>
        <translation>重复测量的离散为信号的 {ratio:.1%}；请增大驱动或增益，或取平均。</translation>
    </message>
    <message>
        <source>Repeating shots to see the noise of {system}</source>
        <translation>正在重复测量以观察 {system} 的噪声</translation>
    </message>
    <message>
        <source>Replace</source>
        <translation>替换</translation>
    </message>
    <message>
        <source>Replaces {file}</source>
        <translation>将替换 {file}</translation>
    </message>
    <message>
        <source>Report</source>
        <translation>报告</translation>
    </message>
    <message>
        <source>Report written: {page}</source>
        <translation>报告已生成：{page}</translation>
    </message>
    <message>
        <source>Reset all</source>
        <translation>全部重置</translation>
    </message>
    <message>
        <source>Reset the columns</source>
        <translation>恢复各列</translation>
    </message>
    <message>
        <source>Reset the layout</source>
        <translation>恢复布局</translation>
    </message>
    <message>
        <source>Reset the layout of the live page</source>
        <translation>恢复实时页的布局</translation>
    </message>
    <message>
        <source>Reset {field}</source>
        <translation>重置“{field}”</translation>
    </message>
    <message>
        <source>Residual</source>
        <translation>残差</translation>
    </message>
    <message>
        <source>Residual chirp, between units.</source>
        <translation>残余啁啾，样机之间。</translation>
    </message>
    <message>
        <source>Residual third-order phase between units, which the model does not know.</source>
        <translation>样机之间的残余三阶相位，模型并不知道。</translation>
    </message>
    <message>
        <source>Resistance</source>
        <translation>电阻</translation>
    </message>
    <message>
        <source>Resistance in which the output's power becomes heat.</source>
        <translation>把输出功率变成热量的电阻。</translation>
    </message>
    <message>
        <source>Response</source>
        <translation>响应</translation>
    </message>
    <message>
        <source>Response number</source>
        <translation>响应序号</translation>
    </message>
    <message>
        <source>Response voltage that counts as 1; 0 takes the system's own.</source>
        <translation>记作 1 的响应电压；0 取系统自身的值。</translation>
    </message>
    <message>
        <source>Response, each layer over its own range</source>
        <translation>响应（每层按各自范围）</translation>
    </message>
    <message>
        <source>Responses</source>
        <translation>响应数</translation>
    </message>
    <message>
        <source>Resume</source>
        <translation>继续</translation>
    </message>
    <message>
        <source>Rms residual</source>
        <translation>残差均方根</translation>
    </message>
    <message>
        <source>Row</source>
        <translation>行</translation>
    </message>
    <message>
        <source>Run</source>
        <translation>运行</translation>
    </message>
    <message>
        <source>Running</source>
        <translation>进行中</translation>
    </message>
    <message>
        <source>Runs</source>
        <translation>运行记录</translation>
    </message>
    <message>
        <source>SHG bench</source>
        <translation>SHG 平台</translation>
    </message>
    <message>
        <source>SHG hybrid: MNIST digits</source>
        <translation>SHG 混合：MNIST 数字</translation>
    </message>
    <message>
        <source>SHG: seven vowels</source>
        <translation>SHG：七个元音</translation>
    </message>
    <message>
        <source>SIMULATED</source>
        <translation>仿真</translation>
    </message>
    <message>
        <source>SPSA</source>
        <translation>SPSA 扰动</translation>
    </message>
    <message>
        <source>Safe stop</source>
        <translation>安全停止</translation>
    </message>
    <message>
        <source>Safety limits</source>
        <translation>安全限值</translation>
    </message>
    <message>
        <source>Samples</source>
        <translation>样本</translation>
    </message>
    <message>
        <source>Samples by which a USB sound card starts late at most.</source>
        <translation>USB 声卡最多晚启动的采样数。</translation>
    </message>
    <message>
        <source>Samples for each optimiser step.</source>
        <translation>每个优化步的样本数。</translation>
    </message>
    <message>
        <source>Saturation of the coil's core, a cubic loss of drive, which the model does not know.</source>
        <translation>线圈磁芯饱和，激励的三次损失，模型并不知道。</translation>
    </message>
    <message>
        <source>Save</source>
        <translation>保存</translation>
    </message>
    <message>
        <source>Save as preset…</source>
        <translation>存为预设…</translation>
    </message>
    <message>
        <source>Save picture or data…</source>
        <translation>保存图片或数据…</translation>
    </message>
    <message>
        <source>Save the view</source>
        <translation>保存视图</translation>
    </message>
    <message>
        <source>Saved</source>
        <translation>已保存</translation>
    </message>
    <message>
        <source>Saved in {folder}</source>
        <translation>已保存到 {folder}</translation>
    </message>
    <message>
        <source>Saved {file}</source>
        <translation>已保存 {file}</translation>
    </message>
    <message>
        <source>Saving</source>
        <translation>正在保存</translation>
    </message>
    <message>
        <source>Scales all differences between units.</source>
        <translation>缩放样机之间的全部差异。</translation>
    </message>
    <message>
        <source>Scales and offsets between shots, linear layers between them, or trained pendula.</source>
        <translation>各次测量之间为缩放与偏移，或为线性层，或为可训练的摆。</translation>
    </message>
    <message>
        <source>Search in the commands</source>
        <translation>搜索命令</translation>
    </message>
    <message>
        <source>Second harmonic</source>
        <translation>二次谐波</translation>
    </message>
    <message>
        <source>Seed</source>
        <translation>种子</translation>
    </message>
    <message>
        <source>Send one quiet waveform, ramped up, and record it.</source>
        <translation>输出一个逐渐增大的微弱波形并记录。</translation>
    </message>
    <message>
        <source>Sensitivity</source>
        <translation>灵敏度</translation>
    </message>
    <message>
        <source>Sensitivity to each control</source>
        <translation>对各控制量的灵敏度</translation>
    </message>
    <message>
        <source>Serial number</source>
        <translation>序列号</translation>
    </message>
    <message>
        <source>Seven vowels of women by twelve formants, the paper's 259 tokens.</source>
        <translation>女声的七个元音，十二个共振峰，论文所用的 259 个语音。</translation>
    </message>
    <message>
        <source>Seven vowels of women by twelve formants, tokens drawn anew with every seed.</source>
        <translation>女声的七个元音，十二个共振峰，每个种子重新抽取语音。</translation>
    </message>
    <message>
        <source>Several networks, whose spread says where they do not know.</source>
        <translation>多个网络，其分歧表明哪里没有把握。</translation>
    </message>
    <message>
        <source>Shaper bits</source>
        <translation>整形器位数</translation>
    </message>
    <message>
        <source>Shaper blur</source>
        <translation>整形器模糊</translation>
    </message>
    <message>
        <source>Share</source>
        <translation>份额</translation>
    </message>
    <message>
        <source>Shift of the shaper's wavelength axis between units.</source>
        <translation>样机之间脉冲整形器波长轴的偏移。</translation>
    </message>
    <message>
        <source>Short name in file names: letters, digits, - and _, beginning with a letter or digit.</source>
        <translation>用于文件名的短名称：字母、数字、- 和 _，以字母或数字开头。</translation>
    </message>
    <message>
        <source>Shortcuts</source>
        <translation>快捷键</translation>
    </message>
    <message>
        <source>Shot</source>
        <translation>测量</translation>
    </message>
    <message>
        <source>Shots</source>
        <translation>测量次数</translation>
    </message>
    <message>
        <source>Shots a second and the parts of an optimiser step appear while the network trains.</source>
        <translation>网络训练时，会显示每秒测量次数和一个优化步的各部分耗时。</translation>
    </message>
    <message>
        <source>Shots ago</source>
        <translation>几次测量之前</translation>
    </message>
    <message>
        <source>Shots in a row.</source>
        <translation>依次进行的测量次数。</translation>
    </message>
    <message>
        <source>Shots of one transfer at most.</source>
        <translation>一次传输最多包含的测量次数。</translation>
    </message>
    <message>
        <source>Shots per second</source>
        <translation>每秒测量次数</translation>
    </message>
    <message>
        <source>Shots side by side (chain and hybrid).</source>
        <translation>并行的测量次数（链式与混合）。</translation>
    </message>
    <message>
        <source>Shots start {jitter:.2g} samples rms off; align each on a marker, or share one clock and trigger.</source>
        <translation>各次测量的起点相差 {jitter:.2g} 个采样（均方根）；请逐次按标记对齐，或共用时钟与触发。</translation>
    </message>
    <message>
        <source>Shots that are measured to fit the twin.</source>
        <translation>为拟合孪生而测量的次数。</translation>
    </message>
    <message>
        <source>Show all</source>
        <translation>显示全部</translation>
    </message>
    <message>
        <source>Show on its own, or back</source>
        <translation>单独显示或放回</translation>
    </message>
    <message>
        <source>Show the run's files</source>
        <translation>显示此运行的文件</translation>
    </message>
    <message>
        <source>Sign test p</source>
        <translation>符号检验 p</translation>
    </message>
    <message>
        <source>Signal</source>
        <translation>信号</translation>
    </message>
    <message>
        <source>Singular value</source>
        <translation>奇异值</translation>
    </message>
    <message>
        <source>Singular values</source>
        <translation>奇异值谱</translation>
    </message>
    <message>
        <source>Size</source>
        <translation>大小</translation>
    </message>
    <message>
        <source>Size of the controls that training starts from (chain).</source>
        <translation>训练开始时控制量的幅度（链式）。</translation>
    </message>
    <message>
        <source>Size of the latest shots that are kept, in MB.</source>
        <translation>保留的最近测量的大小，单位 MB。</translation>
    </message>
    <message>
        <source>Skip</source>
        <translation>跳连</translation>
    </message>
    <message>
        <source>Slope</source>
        <translation>斜率</translation>
    </message>
    <message>
        <source>Slope / {unit} per µs</source>
        <translation>变化率 / {unit} 每 µs</translation>
    </message>
    <message>
        <source>Small-signal matrix</source>
        <translation>小信号矩阵</translation>
    </message>
    <message>
        <source>Smallest response</source>
        <translation>最小响应</translation>
    </message>
    <message>
        <source>Some of the runs are of simulated devices: nothing here says how a real one would do.</source>
        <translation>部分运行用仿真设备：这并不说明真实设备的表现。</translation>
    </message>
    <message>
        <source>Sound cards</source>
        <translation>声卡</translation>
    </message>
    <message>
        <source>Space pauses and resumes a run wherever one does not type.</source>
        <translation>不在输入文字时，空格键可暂停和继续运行。</translation>
    </message>
    <message>
        <source>Space: ask the device, or the disk, again now.</source>
        <translation>空格键：立即再次询问设备或磁盘。</translation>
    </message>
    <message>
        <source>Space: hold after the current step, or go on.</source>
        <translation>空格键：当前步完成后暂停，或继续。</translation>
    </message>
    <message>
        <source>Speaker voltage</source>
        <translation>扬声器电压</translation>
    </message>
    <message>
        <source>Specifications (*.toml)</source>
        <translation>实验规格 (*.toml)</translation>
    </message>
    <message>
        <source>Spectral amplitude</source>
        <translation>光谱振幅</translation>
    </message>
    <message>
        <source>Spectrometers</source>
        <translation>光谱仪</translation>
    </message>
    <message>
        <source>Spectrum</source>
        <translation>频谱</translation>
    </message>
    <message>
        <source>Spectrum at full drive</source>
        <translation>满驱动时的频谱</translation>
    </message>
    <message>
        <source>Spectrum at rest</source>
        <translation>静止时的频谱</translation>
    </message>
    <message>
        <source>Split</source>
        <translation>划分</translation>
    </message>
    <message>
        <source>Spread of each mode's frequency on top of that, relative.</source>
        <translation>在此之上每个模态频率的离散，相对值。</translation>
    </message>
    <message>
        <source>Spread of each mode's participation between units.</source>
        <translation>样机之间各模态参与度的离散。</translation>
    </message>
    <message>
        <source>Spread of each quality factor between units, logarithmic.</source>
        <translation>样机之间各品质因数的离散，对数值。</translation>
    </message>
    <message>
        <source>Spread of the conversion strength between units, relative.</source>
        <translation>样机之间转换强度的离散，相对值。</translation>
    </message>
    <message>
        <source>Spread of the plate's size between units, relative: shifts all free-plate modes alike.</source>
        <translation>样机之间板尺寸的离散，相对值：使所有自由板模态同样移动。</translation>
    </message>
    <message>
        <source>Spread of the transistor's threshold between units.</source>
        <translation>样机之间晶体管阈值的离散。</translation>
    </message>
    <message>
        <source>Standardise</source>
        <translation>标准化</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>开始</translation>
    </message>
    <message>
        <source>Start a new run with all settings of this one</source>
        <translation>用此运行的全部设置开始新的运行</translation>
    </message>
    <message>
        <source>Start a run: the controls of the last measured shot appear here.</source>
        <translation>开始运行后，最近一次测量的控制量会显示在这里。</translation>
    </message>
    <message>
        <source>Start it</source>
        <translation>启动它</translation>
    </message>
    <message>
        <source>Start jitter</source>
        <translation>起始抖动</translation>
    </message>
    <message>
        <source>Start the demo bench</source>
        <translation>启动演示平台</translation>
    </message>
    <message>
        <source>Start training</source>
        <translation>开始训练</translation>
    </message>
    <message>
        <source>Started</source>
        <translation>开始时间</translation>
    </message>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>State of the runs shown</source>
        <translation>所示运行的状态</translation>
    </message>
    <message>
        <source>Steady drift of each hidden parameter in its own direction, relative (angles, shifts: of the tolerance).</source>
        <translation>每个隐含参数沿各自方向的持续漂移，相对值（角度与位移：相对于公差）。</translation>
    </message>
    <message>
        <source>Step</source>
        <translation>步</translation>
    </message>
    <message>
        <source>Steps</source>
        <translation>步数</translation>
    </message>
    <message>
        <source>Steps over which the trained values are averaged; 0 takes the latest. It keeps the noise of a rate that stays high out of a network that follows a drift.</source>
        <translation>对训练值取平均的步数；0 取最新值。学习率保持较高以跟随漂移时，平均可滤去由此带来的噪声。</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Stop it and close</source>
        <translation>停止并关闭</translation>
    </message>
    <message>
        <source>Stop the demo bench</source>
        <translation>停止演示平台</translation>
    </message>
    <message>
        <source>Stop, outputs safe</source>
        <translation>停止，输出回到安全状态</translation>
    </message>
    <message>
        <source>Stopped; the outputs are in their safe state.</source>
        <translation>已停止；输出已处于安全状态。</translation>
    </message>
    <message>
        <source>Strength</source>
        <translation>强度</translation>
    </message>
    <message>
        <source>Swept sine</source>
        <translation>扫频</translation>
    </message>
    <message>
        <source>System</source>
        <translation>系统</translation>
    </message>
    <message>
        <source>System and number of its unit</source>
        <translation>系统及样机编号</translation>
    </message>
    <message>
        <source>System of the runs shown</source>
        <translation>所示运行的系统</translation>
    </message>
    <message>
        <source>Tables (*.csv);;All files (*)</source>
        <translation>表格 (*.csv);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Tables (CSV)</source>
        <translation>表格 (CSV)</translation>
    </message>
    <message>
        <source>Tags</source>
        <translation>标签</translation>
    </message>
    <message>
        <source>Tags of the run, with commas between them</source>
        <translation>此运行的标签，用逗号分隔</translation>
    </message>
    <message>
        <source>Tags, with commas between them</source>
        <translation>标签，用逗号分隔</translation>
    </message>
    <message>
        <source>Take</source>
        <translation>选取</translation>
    </message>
    <message>
        <source>Take the five-minute tour</source>
        <translation>参加五分钟导览</translation>
    </message>
    <message>
        <source>Take the preset as it is</source>
        <translation>恢复为预设原样</translation>
    </message>
    <message>
        <source>Take the tour</source>
        <translation>参加导览</translation>
    </message>
    <message>
        <source>Take these runs away, to the system's trash (Del)</source>
        <translation>把这些运行移到系统回收站（Del）</translation>
    </message>
    <message>
        <source>Take this run to other programs</source>
        <translation>把此运行交给其他程序</translation>
    </message>
    <message>
        <source>Take {address} into the form</source>
        <translation>将 {address} 填入表单</translation>
    </message>
    <message>
        <source>Taking the twin as it is</source>
        <translation>直接采用该孪生</translation>
    </message>
    <message>
        <source>Task</source>
        <translation>任务</translation>
    </message>
    <message>
        <source>Temperature</source>
        <translation>温度</translation>
    </message>
    <message>
        <source>Ten digits of 14 × 14 pixels.</source>
        <translation>十个数字，14 × 14 像素。</translation>
    </message>
    <message>
        <source>Ten vowels of 76 talkers by pitch and three formants.</source>
        <translation>76 位说话人的十个元音，以基音和三个共振峰表示。</translation>
    </message>
    <message>
        <source>Test accuracy</source>
        <translation>测试准确率</translation>
    </message>
    <message>
        <source>Test accuracy of the best digital baseline</source>
        <translation>最佳数字基线的测试准确率</translation>
    </message>
    <message>
        <source>Test accuracy on the device</source>
        <translation>设备上的测试准确率</translation>
    </message>
    <message>
        <source>Test accuracy on the device {reached:.1%} [{low:.1%}, {high:.1%}] of {count} · the twin predicts {belief:.1%}</source>
        <translation>设备上的测试准确率 {reached:.1%} [{low:.1%}, {high:.1%}]，{count} 个样本 · 孪生预测 {belief:.1%}</translation>
    </message>
    <message>
        <source>Test on other tokens of the same talkers, or on talkers never heard before (vowels).</source>
        <translation>用同一批说话人的其他语音，或用从未听过的说话人来测试（元音）。</translation>
    </message>
    <message>
        <source>Test shot</source>
        <translation>测试测量</translation>
    </message>
    <message>
        <source>The answer to a short pulse. It appears when the twin has been calibrated.</source>
        <translation>对短脉冲的响应。孪生校准后显示。</translation>
    </message>
    <message>
        <source>The backup from before is used.</source>
        <translation>使用之前的备份。</translation>
    </message>
    <message>
        <source>The box warms and cools at random, which moves the threshold by -2 mV/K.</source>
        <translation>机箱温度随机升降，使阈值按 -2 mV/K 移动。</translation>
    </message>
    <message>
        <source>The bundled part of MNIST, or all of it, downloaded once.</source>
        <translation>MNIST 的内置部分，或全部（只下载一次）。</translation>
    </message>
    <message>
        <source>The calibration failed; the outputs are in their safe state.</source>
        <translation>校准失败；输出已处于安全状态。</translation>
    </message>
    <message>
        <source>The calibration is over; the outputs are in their safe state.</source>
        <translation>校准结束；输出已处于安全状态。</translation>
    </message>
    <message>
        <source>The chain reads from left to right: features drive the physical system, its answer drives it again, and the last answer is read as classes. Filled boxes are physics, hatched ones are arithmetic. Press a box to see its settings.</source>
        <translation>链从左向右读：特征驱动物理系统，其响应再次驱动它，最后的响应读作类别。实心框是物理，斜线框是计算。按一个框可查看其设置。</translation>
    </message>
    <message>
        <source>The chirp is not found in the response; check the cables and that both are triggered together.</source>
        <translation>响应中找不到啁啾信号；请检查电缆，以及两者是否同时触发。</translation>
    </message>
    <message>
        <source>The controls' small changes explain {coherence:.1%} of the response's; {rank} of {all} directions count.</source>
        <translation>控制量的小变化可解释响应变化的 {coherence:.1%}；{all} 个方向中有 {rank} 个起作用。</translation>
    </message>
    <message>
        <source>The data set.</source>
        <translation>数据集。</translation>
    </message>
    <message>
        <source>The demo bench has ended: {reason} Start it again.</source>
        <translation>演示平台已结束：{reason} 请重新启动。</translation>
    </message>
    <message>
        <source>The demo bench is on: {count} instruments in the list.</source>
        <translation>演示平台已启动：列表中有 {count} 台仪器。</translation>
    </message>
    <message>
        <source>The device answers the shots' drives otherwise than it did, by {times:.1f} times its noise: the shots are of another unit, or it has drifted since. Measure them again.</source>
        <translation>设备对这些驱动的响应与当时不同，相差噪声的 {times:.1f} 倍：这些测量属于另一台样机，或设备已漂移。请重新测量。</translation>
    </message>
    <message>
        <source>The device's derivative cannot be told from its noise; repeat more, or drive it harder.</source>
        <translation>设备的导数与噪声无法区分；请增加重复次数或加大驱动。</translation>
    </message>
    <message>
        <source>The driver NI-DAQmx is not installed: get it from ni.com/downloads. A card in another computer needs none: its gRPC device server is at ni-grpc://HOST:31763/Dev1.</source>
        <translation>未安装 NI-DAQmx 驱动：请从 ni.com/downloads 获取。另一台计算机上的采集卡无需驱动：其 gRPC 设备服务器地址为 ni-grpc://HOST:31763/Dev1。</translation>
    </message>
    <message>
        <source>The driver knows no card. Look into NI MAX.</source>
        <translation>驱动未发现采集卡。请在 NI MAX 中查看。</translation>
    </message>
    <message>
        <source>The equations, with parameters fitted to the shots.</source>
        <translation>方程，其参数按测量数据拟合。</translation>
    </message>
    <message>
        <source>The experiment runs on {device} now. Undo, or an empty address, simulates it again.</source>
        <translation>实验现在使用 {device}。撤销或清空地址即恢复仿真。</translation>
    </message>
    <message>
        <source>The file {file} will be deleted.</source>
        <translation>将删除文件 {file}。</translation>
    </message>
    <message>
        <source>The first digits of their sha256</source>
        <translation>其 sha256 的前几位</translation>
    </message>
    <message>
        <source>The fitted equations, and a small network for what they leave.</source>
        <translation>拟合后的方程，加上学习其残差的小网络。</translation>
    </message>
    <message>
        <source>The gradient goes the right way, but not all of it: cosine {cosine:.3f}. More shots, or a hybrid twin.</source>
        <translation>梯度方向大体正确，但不完全：余弦 {cosine:.3f}。请增加测量次数，或改用混合孪生。</translation>
    </message>
    <message>
        <source>The latency changes during the measurement, by {change:.2g} samples; check clocks, trigger and buffers.</source>
        <translation>测量期间延迟变化了 {change:.2g} 个采样；请检查时钟、触发和缓冲。</translation>
    </message>
    <message>
        <source>The log has an error: {text}</source>
        <translation>日志中有错误：{text}</translation>
    </message>
    <message>
        <source>The menu of each view saves what it shows: as a picture to print, or as numbers with their units.</source>
        <translation>每个视图的菜单都能保存所显示的内容：保存为可打印的图，或带单位的数值。</translation>
    </message>
    <message>
        <source>The next run of this unit begins with this very twin.</source>
        <translation>这台样机的下一次运行将直接采用这个孪生。</translation>
    </message>
    <message>
        <source>The next run takes it: {twin}</source>
        <translation>下一次运行采用：{twin}</translation>
    </message>
    <message>
        <source>The outputs of all physical layers appear with the first measured shot.</source>
        <translation>第一次测量后会显示所有物理层的输出。</translation>
    </message>
    <message>
        <source>The peak learning rate can be changed while a run trains.</source>
        <translation>训练进行时可以更改峰值学习率。</translation>
    </message>
    <message>
        <source>The physical system.</source>
        <translation>物理系统。</translation>
    </message>
    <message>
        <source>The response against its rate of change appears with the first shot.</source>
        <translation>第一次测量后会显示响应与其变化率的关系。</translation>
    </message>
    <message>
        <source>The response cannot be told from its noise; raise the drive or the gain.</source>
        <translation>响应与噪声无法区分；请增大驱动或增益。</translation>
    </message>
    <message>
        <source>The response changes by {change:.1%} in {time}; calibrate again about as often, or let it warm up.</source>
        <translation>响应在 {time} 内变化 {change:.1%}；请以大致相同的间隔重新校准，或让系统预热。</translation>
    </message>
    <message>
        <source>The response does not depend on the drive; check the cables, the outputs and the gain.</source>
        <translation>响应与驱动无关；请检查电缆、输出和增益。</translation>
    </message>
    <message>
        <source>The response follows after {latency:.2g} s, with a jitter of {jitter:.2g} s: {error:.1%} of the signal.</source>
        <translation>响应延迟 {latency:.2g} s，抖动 {jitter:.2g} s：为信号的 {error:.1%}。</translation>
    </message>
    <message>
        <source>The response holds values that are not finite; check the input and its range.</source>
        <translation>响应中含有非有限值；请检查输入及其量程。</translation>
    </message>
    <message>
        <source>The response to quiet drives cannot be told from noise; raise the gain or the drive.</source>
        <translation>弱驱动时的响应与噪声无法区分；请增大增益或驱动。</translation>
    </message>
    <message>
        <source>The room warms and cools at random, which moves all frequencies by -250 ppm/K.</source>
        <translation>室温随机升降，使所有频率按 -250 ppm/K 移动。</translation>
    </message>
    <message>
        <source>The run failed; the outputs are in their safe state.</source>
        <translation>运行失败；输出已处于安全状态。</translation>
    </message>
    <message>
        <source>The run pauses here; gone on with, it trusts the twin until the next check.</source>
        <translation>运行在此暂停；继续后，在下次检查之前信任孪生。</translation>
    </message>
    <message>
        <source>The runs are of different tasks or splits, so that their accuracies are not of the same thing.</source>
        <translation>这些运行的任务或划分不同，其准确率衡量的不是同一件事。</translation>
    </message>
    <message>
        <source>The same few shots again and again: how fast gain and shape change.</source>
        <translation>反复进行同样的几次测量：增益和形状变化多快。</translation>
    </message>
    <message>
        <source>The saved twin leaves {error:.1%} of the signal of {shots} new shots.</source>
        <translation>已保存的孪生在 {shots} 次新测量上剩余信号的 {error:.1%}。</translation>
    </message>
    <message>
        <source>The shot is on its way …</source>
        <translation>测量进行中……</translation>
    </message>
    <message>
        <source>The shots do not determine {names}: there the data sheet says more.</source>
        <translation>这些测量不能确定 {names}：对它们数据手册更可靠。</translation>
    </message>
    <message>
        <source>The simulated unit: a number is the same unit for ever.</source>
        <translation>仿真的样机：同一序列号永远是同一台样机。</translation>
    </message>
    <message>
        <source>The spectral phase that the drive asks for, blank where its amplitude is below 1 % of its largest value.</source>
        <translation>激励所要求的光谱相位；振幅低于最大值的 1 % 处为空白。</translation>
    </message>
    <message>
        <source>The spectrum of the response appears with the first measured shot.</source>
        <translation>第一次测量后会显示响应的频谱。</translation>
    </message>
    <message>
        <source>The system does not tell how the power of its response compares with that of its drive: a power meter before and behind the crystal would.</source>
        <translation>系统没有说明其响应功率与激励功率之比：在晶体前后各放一个功率计即可得知。</translation>
    </message>
    <message>
        <source>The table's column of labels; empty is the last one.</source>
        <translation>表格中的标签列；留空则取最后一列。</translation>
    </message>
    <message>
        <source>The test set has not been measured yet: what its samples were taken for is known when the run has ended.</source>
        <translation>测试集尚未测量：运行结束后才知道样本被判为哪一类。</translation>
    </message>
    <message>
        <source>The test set is small: {count:,} samples leave a 95 % interval of {interval}, wider than ±{wide:g} points. Smaller differences mean nothing.</source>
        <translation>测试集较小：{count:,} 个样本的 95 % 区间为 {interval}，宽于 ±{wide:g} 个百分点。更小的差别没有意义。</translation>
    </message>
    <message>
        <source>The twin cannot be kept in {file}: {reason}.</source>
        <translation>无法将孪生保存到 {file}：{reason}。</translation>
    </message>
    <message>
        <source>The twin is changed until it answers as the system did. Shots that it has not seen say when to stop.</source>
        <translation>调整孪生，直到其响应与系统一致；由未参与拟合的测量决定何时停止。</translation>
    </message>
    <message>
        <source>The twin is of unit #{twin}, and this is unit #{unit}. Calibrate this one.</source>
        <translation>该孪生属于样机 #{twin}，而这是样机 #{unit}。请校准这一台。</translation>
    </message>
    <message>
        <source>The twin leaves {error:.0%} of the held-out signal, and {noise:.1%} are noise: it misses the device.</source>
        <translation>孪生的残差为留出信号的 {error:.0%}，其中噪声 {noise:.1%}：它与设备不符。</translation>
    </message>
    <message>
        <source>The twin leaves {error:.1%} of the held-out signal, and its gradient is the device's: cosine {cosine:.3f}.</source>
        <translation>孪生的残差为留出信号的 {error:.1%}，其梯度与设备一致：余弦 {cosine:.3f}。</translation>
    </message>
    <message>
        <source>The twin predicts</source>
        <translation>孪生预测</translation>
    </message>
    <message>
        <source>The twin was fitted before.</source>
        <translation>该孪生此前已拟合。</translation>
    </message>
    <message>
        <source>The twin's derivative, with all controls in their middle. It appears when the twin has been calibrated.</source>
        <translation>所有控制量取中间值时孪生的导数。孪生校准后显示。</translation>
    </message>
    <message>
        <source>The twin's error is large: it leaves {error} of the held-out signal (more than {poor}). Its gradient may point elsewhere.</source>
        <translation>孪生误差较大：残差为留出信号的 {error}（超过 {poor}）。其梯度可能指向别处。</translation>
    </message>
    <message>
        <source>The twin's gradient is not the device's: cosine {cosine:.3f}, 95 % interval {low:.3f} to {high:.3f}.</source>
        <translation>孪生的梯度与设备不一致：余弦 {cosine:.3f}，95 % 区间 {low:.3f} 至 {high:.3f}。</translation>
    </message>
    <message>
        <source>The twin's gradient lies at {angle:.1f}° to the device's (95 % interval {narrow:.1f}° to {wide:.1f}°)</source>
        <translation>孪生梯度与设备梯度的夹角为 {angle:.1f}°（95 % 区间 {narrow:.1f}° 至 {wide:.1f}°）</translation>
    </message>
    <message>
        <source>The twin's gradient points away from the device's: calibrate again before you trust this training.</source>
        <translation>孪生的梯度与设备的梯度方向相反：请重新校准，然后再相信这次训练。</translation>
    </message>
    <message>
        <source>The way of a sample through the layers, and what it is taken for, appear while the network trains.</source>
        <translation>网络训练时，会显示一个样本经过各层的过程以及被判为哪一类。</translation>
    </message>
    <message>
        <source>The {thing} as it was kept cannot be used ({reason}). It starts as at first.</source>
        <translation>保存的{thing}无法使用（{reason}）。它将从初始状态开始。</translation>
    </message>
    <message>
        <source>Theme and language</source>
        <translation>主题与语言</translation>
    </message>
    <message>
        <source>Theme: {choice}</source>
        <translation>主题：{choice}</translation>
    </message>
    <message>
        <source>There is no driver NI-DAQmx for this system. A card in another computer needs none: its gRPC device server is at ni-grpc://HOST:31763/Dev1.</source>
        <translation>此系统没有 NI-DAQmx 驱动。另一台计算机上的采集卡无需驱动：其 gRPC 设备服务器地址为 ni-grpc://HOST:31763/Dev1。</translation>
    </message>
    <message>
        <source>There is nothing to draw here.</source>
        <translation>此处没有可绘制的内容。</translation>
    </message>
    <message>
        <source>There is nothing to save yet.</source>
        <translation>还没有可保存的内容。</translation>
    </message>
    <message>
        <source>This changes the experiment: open its page first.</source>
        <translation>这会更改实验：请先打开实验页。</translation>
    </message>
    <message>
        <source>This is not a number.</source>
        <translation>这不是数字。</translation>
    </message>
    <message>
        <source>This is the first step.</source>
        <translation>这是第一步。</translation>
    </message>
    <message>
        <source>This run has not ended: it is being written to, and all figures are those of now.</source>
        <translation>此运行尚未结束：仍在写入，所有数字都是当前值。</translation>
    </message>
    <message>
        <source>This run is {state}, not interrupted.</source>
        <translation>此运行{state}，并未中断。</translation>
    </message>
    <message>
        <source>This run was interrupted: there is no result yet. Go on with it with: overtone resume {run}</source>
        <translation>此运行已中断：尚无结果。可用以下命令继续：overtone resume {run}</translation>
    </message>
    <message>
        <source>This specification</source>
        <translation>此规格</translation>
    </message>
    <message>
        <source>This system tells of no imperfections.</source>
        <translation>此系统没有声明非理想因素。</translation>
    </message>
    <message>
        <source>This twin is of {twin}, and the experiment is on another unit: choose that one to use it.</source>
        <translation>此孪生属于 {twin}，而实验使用另一台样机：要采用它，请选择该样机。</translation>
    </message>
    <message>
        <source>Threshold</source>
        <translation>阈值</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>Time constant with which it warms and cools.</source>
        <translation>升温和冷却的时间常数。</translation>
    </message>
    <message>
        <source>Time shift of a whole shot, rms.</source>
        <translation>整次测量的时间偏移，均方根。</translation>
    </message>
    <message>
        <source>Timing</source>
        <translation>耗时</translation>
    </message>
    <message>
        <source>Timing the start of the shots of {system}</source>
        <translation>正在测定 {system} 各次测量的起始时刻</translation>
    </message>
    <message>
        <source>Titanium plate</source>
        <translation>钛板</translation>
    </message>
    <message>
        <source>Title</source>
        <translation>标题</translation>
    </message>
    <message>
        <source>Title, or the name of the preset</source>
        <translation>标题，或预设的名称</translation>
    </message>
    <message>
        <source>To be fitted again</source>
        <translation>需要重新拟合</translation>
    </message>
    <message>
        <source>Tolerance of the capacitance, log-normal, between units.</source>
        <translation>电容的公差，对数正态，样机之间。</translation>
    </message>
    <message>
        <source>Tolerance of the inductance, log-normal, between units.</source>
        <translation>电感的公差，对数正态，样机之间。</translation>
    </message>
    <message>
        <source>Tolerance of the resistance, log-normal, between units.</source>
        <translation>电阻的公差，对数正态，样机之间。</translation>
    </message>
    <message>
        <source>Tolerance of the transistor's transconductance, log-normal, between units.</source>
        <translation>晶体管跨导的公差，对数正态，样机之间。</translation>
    </message>
    <message>
        <source>Too large.</source>
        <translation>数值过大。</translation>
    </message>
    <message>
        <source>Too long: {length:,} of at most {longest:,} characters.</source>
        <translation>太长：{length:,} 个字符，最多 {longest:,} 个。</translation>
    </message>
    <message>
        <source>Train a physical system</source>
        <translation>训练一个物理系统</translation>
    </message>
    <message>
        <source>Train on the digital twin alone; only the finished network meets the device.</source>
        <translation>只在数字孪生上训练；只有训练好的网络才用到设备。</translation>
    </message>
    <message>
        <source>Training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>Training accuracy</source>
        <translation>训练准确率</translation>
    </message>
    <message>
        <source>Training error</source>
        <translation>训练误差</translation>
    </message>
    <message>
        <source>Training follows the derivative of the digital twin. Here the system is measured, its twin fitted, and the twin's derivative compared with the measured one: then you know whether the twin can be trusted. Press Calibrate.</source>
        <translation>训练依靠数字孪生的导数。这里测量系统、拟合孪生，并将孪生的导数与实测导数比较：由此可知孪生是否可信。请按“校准”。</translation>
    </message>
    <message>
        <source>Training shots</source>
        <translation>训练用的测量</translation>
    </message>
    <message>
        <source>Training with {estimator}</source>
        <translation>正在训练，梯度：{estimator}</translation>
    </message>
    <message>
        <source>Transconductance</source>
        <translation>跨导</translation>
    </message>
    <message>
        <source>Trash</source>
        <translation>回收站</translation>
    </message>
    <message>
        <source>Trigger jitter</source>
        <translation>触发抖动</translation>
    </message>
    <message>
        <source>Try now</source>
        <translation>立即重试</translation>
    </message>
    <message>
        <source>Trying {count} neural twins</source>
        <translation>试用 {count} 个神经网络孪生</translation>
    </message>
    <message>
        <source>Turns the device's outputs of order one into class scores.</source>
        <translation>把设备量级为 1 的输出变为类别得分。</translation>
    </message>
    <message>
        <source>Twice the shots would take the error from {now:.1%} to {then:.1%}: not worth it.</source>
        <translation>测量次数加倍只能使误差由 {now:.1%} 变为 {then:.1%}：不值得。</translation>
    </message>
    <message>
        <source>Twin</source>
        <translation>孪生</translation>
    </message>
    <message>
        <source>Twin error</source>
        <translation>孪生误差</translation>
    </message>
    <message>
        <source>Twin fitted in {wall_s:.1f} s: it leaves {error:.1%} of the held-out signal.</source>
        <translation>孪生拟合用时 {wall_s:.1f} 秒：残差为留出信号的 {error:.1%}。</translation>
    </message>
    <message>
        <source>Twin with the data sheet's values: it leaves {error:.1%} of the signal.</source>
        <translation>采用数据手册参数的孪生：残差为信号的 {error:.1%}。</translation>
    </message>
    <message>
        <source>Twin's error</source>
        <translation>孪生误差</translation>
    </message>
    <message>
        <source>Twins (*.safetensors);;All files (*)</source>
        <translation>孪生 (*.safetensors);;所有文件 (*)</translation>
    </message>
    <message>
        <source>Type its address first.</source>
        <translation>请先输入其地址。</translation>
    </message>
    <message>
        <source>Type its address, or take it from the list of what is connected.</source>
        <translation>请输入其地址，或从已连接的列表中选取。</translation>
    </message>
    <message>
        <source>Undo</source>
        <translation>撤销</translation>
    </message>
    <message>
        <source>Unit</source>
        <translation>样机</translation>
    </message>
    <message>
        <source>Unit spread</source>
        <translation>样机差异</translation>
    </message>
    <message>
        <source>Unreadable</source>
        <translation>无法读取</translation>
    </message>
    <message>
        <source>Use for the experiment</source>
        <translation>用于实验</translation>
    </message>
    <message>
        <source>Use the simulator's own derivative, which no real device can lend: the upper bound.</source>
        <translation>使用仿真器自身的导数，真实设备无法提供：这是上限。</translation>
    </message>
    <message>
        <source>Use this twin</source>
        <translation>采用此孪生</translation>
    </message>
    <message>
        <source>VISA cannot start. {reason}</source>
        <translation>VISA 无法启动。{reason}</translation>
    </message>
    <message>
        <source>VISA: network, USB, GPIB</source>
        <translation>VISA：网络、USB、GPIB</translation>
    </message>
    <message>
        <source>Validation</source>
        <translation>验证</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>数值</translation>
    </message>
    <message>
        <source>Verdict</source>
        <translation>结论</translation>
    </message>
    <message>
        <source>View</source>
        <translation>视图</translation>
    </message>
    <message>
        <source>Views of the run</source>
        <translation>此运行的视图</translation>
    </message>
    <message>
        <source>Voltage added to the whole drive.</source>
        <translation>叠加在整个驱动上的电压。</translation>
    </message>
    <message>
        <source>Voltage at the ends of the control range; 0 takes the system's own.</source>
        <translation>控制范围两端的电压；0 取系统自身的值。</translation>
    </message>
    <message>
        <source>Vowels of 1952</source>
        <translation>1952 年的元音</translation>
    </message>
    <message>
        <source>Vowels, drawn anew</source>
        <translation>元音（重新抽取）</translation>
    </message>
    <message>
        <source>Vowels, the paper's</source>
        <translation>元音（论文所用）</translation>
    </message>
    <message>
        <source>Wait for the end, or press Stop: a stopped run keeps a checkpoint from which it can go on. Esc is the safe stop at any time.</source>
        <translation>等它结束，或按“停止”：已停止的运行会保留检查点，可从那里继续。任何时候按 Esc 都是安全停止。</translation>
    </message>
    <message>
        <source>Wall time</source>
        <translation>用时</translation>
    </message>
    <message>
        <source>Wall time / s</source>
        <translation>用时 / s</translation>
    </message>
    <message>
        <source>Warming</source>
        <translation>升温</translation>
    </message>
    <message>
        <source>Warmup</source>
        <translation>预热</translation>
    </message>
    <message>
        <source>Warnings and errors</source>
        <translation>警告和错误</translation>
    </message>
    <message>
        <source>Watch it learn</source>
        <translation>看它学习</translation>
    </message>
    <message>
        <source>Watch the light</source>
        <translation>看光</translation>
    </message>
    <message>
        <source>Waterfall</source>
        <translation>瀑布图</translation>
    </message>
    <message>
        <source>Wavelength</source>
        <translation>波长</translation>
    </message>
    <message>
        <source>Weight</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>Weight of controls that leave the device's range, in the loss.</source>
        <translation>控制量超出设备范围时在损失中的权重。</translation>
    </message>
    <message>
        <source>Weights</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>What a calibration finds out</source>
        <translation>校准能查明什么</translation>
    </message>
    <message>
        <source>What a response is divided by before the next shot (chain).</source>
        <translation>下一次测量之前，响应除以什么（链式）。</translation>
    </message>
    <message>
        <source>What can be done with this view</source>
        <translation>对此视图的操作</translation>
    </message>
    <message>
        <source>What changes as the drive grows: harmonics, compression.</source>
        <translation>驱动增大时的变化：谐波、压缩。</translation>
    </message>
    <message>
        <source>What differs</source>
        <translation>差异</translation>
    </message>
    <message>
        <source>What happened</source>
        <translation>事件</translation>
    </message>
    <message>
        <source>What is kept of the measured shots.</source>
        <translation>保留哪些测量数据。</translation>
    </message>
    <message>
        <source>What is left, {error:.1%} of the signal, is more than noise ({noise:.1%}): something is not modelled.</source>
        <translation>残差为信号的 {error:.1%}，大于噪声（{noise:.1%}）：有未建模的部分。</translation>
    </message>
    <message>
        <source>What is taken of a class's window of the response (chain).</source>
        <translation>从响应中每一类的窗口取什么（链式）。</translation>
    </message>
    <message>
        <source>What is to be done?</source>
        <translation>要做什么？</translation>
    </message>
    <message>
        <source>What it does</source>
        <translation>它做什么</translation>
    </message>
    <message>
        <source>What it is</source>
        <translation>实际类别</translation>
    </message>
    <message>
        <source>What it is called, and its seed.</source>
        <translation>名称与随机种子。</translation>
    </message>
    <message>
        <source>What it was taken for</source>
        <translation>判定类别</translation>
    </message>
    <message>
        <source>What lists and reports call it; empty takes the name.</source>
        <translation>列表和报告中使用的称呼；留空则用名称。</translation>
    </message>
    <message>
        <source>What samples of each class were taken for appears after the first epoch with a validation, and at the end.</source>
        <translation>完成第一轮验证后以及结束时，会显示各类样本被判为哪一类。</translation>
    </message>
    <message>
        <source>What the digital twin is, and how it is fitted.</source>
        <translation>数字孪生是什么，如何拟合。</translation>
    </message>
    <message>
        <source>What the output may do at most; nothing that a network, an optimiser or a field asks for goes beyond.</source>
        <translation>输出允许的上限；无论网络、优化器还是输入值的要求，都不会超出。</translation>
    </message>
    <message>
        <source>What the plot shows</source>
        <translation>图中显示什么</translation>
    </message>
    <message>
        <source>What the system answers to the drive appears here, shot by shot.</source>
        <translation>系统对激励的响应会逐次显示在这里。</translation>
    </message>
    <message>
        <source>What this run will cost</source>
        <translation>本次运行的开销</translation>
    </message>
    <message>
        <source>What you call it.</source>
        <translation>您给它起的名称。</translation>
    </message>
    <message>
        <source>Where a check finds the twin's gradient wrong: warn, scale steps by its cosine, fit the twin to new shots, end so that it can be gone on with, or measure gradients on the device meanwhile (SPSA).</source>
        <translation>当检查发现孪生梯度有误时：警告、按余弦缩小步长、用新测量拟合孪生、结束并可继续，或在此期间于设备上测量梯度（SPSA）。</translation>
    </message>
    <message>
        <source>Where it is, and what is behind it.</source>
        <translation>它在哪里，以及接着什么。</translation>
    </message>
    <message>
        <source>Where the gradient comes from.</source>
        <translation>梯度从何而来。</translation>
    </message>
    <message>
        <source>Where the instrument is, for example TCPIP::192.168.1.5::5025::SOCKET; empty simulates.</source>
        <translation>仪器所在位置，例如 TCPIP::192.168.1.5::5025::SOCKET；留空则为仿真。</translation>
    </message>
    <message>
        <source>Whether the twin answers as the system does and, above all, whether its derivative does.</source>
        <translation>孪生的响应是否与系统一致，尤其是其导数是否一致。</translation>
    </message>
    <message>
        <source>Which commands instruments on VISA understand; auto asks them.</source>
        <translation>VISA 仪器所用的指令集；“自动”会询问仪器。</translation>
    </message>
    <message>
        <source>Which data set, how it is split, and how strongly its training samples are changed at random.</source>
        <translation>哪个数据集、如何划分，以及训练样本随机变化的强弱。</translation>
    </message>
    <message>
        <source>Which physical system, which unit of it, and which of its imperfections differ from their defaults.</source>
        <translation>哪个物理系统、哪台样机，以及哪些非理想因素与默认不同。</translation>
    </message>
    <message>
        <source>Which system it is, and whether it answers.</source>
        <translation>是哪个系统，以及它是否响应。</translation>
    </message>
    <message>
        <source>White residuals</source>
        <translation>白残差比例</translation>
    </message>
    <message>
        <source>Who is it?</source>
        <translation>查询身份</translation>
    </message>
    <message>
        <source>Wilcoxon p</source>
        <translation>Wilcoxon p</translation>
    </message>
    <message>
        <source>Window</source>
        <translation>窗口</translation>
    </message>
    <message>
        <source>With {used} pairs that differ, no rank or sign test can give less than p = {p:.3g}, however large the difference; more seeds would tell more.</source>
        <translation>只有 {used} 对有差别时，无论差别多大，秩检验或符号检验的 p 值都不会小于 {p:.3g}；更多的种子能说明更多。</translation>
    </message>
    <message>
        <source>Worst error</source>
        <translation>最大误差</translation>
    </message>
    <message>
        <source>Write a report to read and to print, and open it (Enter)</source>
        <translation>生成可阅读和打印的报告并打开（Enter）</translation>
    </message>
    <message>
        <source>Write the decimals after a point.</source>
        <translation>小数请用小数点书写。</translation>
    </message>
    <message>
        <source>Writes {file}</source>
        <translation>将写入 {file}</translation>
    </message>
    <message>
        <source>Writing the report of {run}</source>
        <translation>正在生成 {run} 的报告</translation>
    </message>
    <message>
        <source>Your run is in this list, with all that was measured. Choose it and press Report for a page to read and to print. That was the tour; F1 explains each page.</source>
        <translation>您的运行在此列表中，包含全部测量结果。选中它并按“报告”，即可得到可阅读和打印的页面。导览到此结束；F1 解释每一页。</translation>
    </message>
    <message>
        <source>a learning rate lies above 0, up to {highest:g}</source>
        <translation>学习率须大于 0，不超过 {highest:g}</translation>
    </message>
    <message>
        <source>above {limit}</source>
        <translation>大于 {limit}</translation>
    </message>
    <message>
        <source>above {low:,.10g}{unit}</source>
        <translation>大于 {low:,.10g}{unit}</translation>
    </message>
    <message>
        <source>accuracy</source>
        <translation>准确率</translation>
    </message>
    <message>
        <source>after {done} of {epochs} epochs</source>
        <translation>在完成 {done}/{epochs} 轮之后</translation>
    </message>
    <message>
        <source>against</source>
        <translation>反向</translation>
    </message>
    <message>
        <source>alignment</source>
        <translation>一致性</translation>
    </message>
    <message>
        <source>alignment {figure}</source>
        <translation>一致性 {figure}</translation>
    </message>
    <message>
        <source>all</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>and forces</source>
        <translation>与外力</translation>
    </message>
    <message>
        <source>as the system</source>
        <translation>跟随系统</translation>
    </message>
    <message>
        <source>as usual</source>
        <translation>默认</translation>
    </message>
    <message>
        <source>at step {step}</source>
        <translation>第 {step} 步</translation>
    </message>
    <message>
        <source>auto</source>
        <translation>自动</translation>
    </message>
    <message>
        <source>axis shift</source>
        <translation>波长轴偏移</translation>
    </message>
    <message>
        <source>backward and update</source>
        <translation>反向与更新</translation>
    </message>
    <message>
        <source>bad</source>
        <translation>不合格</translation>
    </message>
    <message>
        <source>batch accuracy</source>
        <translation>批准确率</translation>
    </message>
    <message>
        <source>batch loss</source>
        <translation>批损失</translation>
    </message>
    <message>
        <source>before its first epoch</source>
        <translation>在完成第一轮之前</translation>
    </message>
    <message>
        <source>below {limit}</source>
        <translation>小于 {limit}</translation>
    </message>
    <message>
        <source>bias force</source>
        <translation>偏置力</translation>
    </message>
    <message>
        <source>bundled</source>
        <translation>内置</translation>
    </message>
    <message>
        <source>calibrating</source>
        <translation>校准</translation>
    </message>
    <message>
        <source>calibration</source>
        <translation>校准</translation>
    </message>
    <message>
        <source>capacitance</source>
        <translation>电容</translation>
    </message>
    <message>
        <source>card</source>
        <translation>采集卡</translation>
    </message>
    <message>
        <source>centre</source>
        <translation>中心波长</translation>
    </message>
    <message>
        <source>chain</source>
        <translation>链式</translation>
    </message>
    <message>
        <source>chance is an unlikely reason</source>
        <translation>不太可能只是偶然</translation>
    </message>
    <message>
        <source>changed</source>
        <translation>已更改</translation>
    </message>
    <message>
        <source>checkpoint {ago_s:.0f} s ago · {file}</source>
        <translation>检查点：{ago_s:.0f} 秒前 · {file}</translation>
    </message>
    <message>
        <source>chirp</source>
        <translation>啁啾</translation>
    </message>
    <message>
        <source>choice of {preset}</source>
        <translation>选择“{preset}”</translation>
    </message>
    <message>
        <source>class</source>
        <translation>类别</translation>
    </message>
    <message>
        <source>compression</source>
        <translation>压缩</translation>
    </message>
    <message>
        <source>coupling gain</source>
        <translation>耦合增益</translation>
    </message>
    <message>
        <source>couplings</source>
        <translation>耦合</translation>
    </message>
    <message>
        <source>cubic phase</source>
        <translation>三阶相位</translation>
    </message>
    <message>
        <source>damping rate</source>
        <translation>阻尼率</translation>
    </message>
    <message>
        <source>dark</source>
        <translation>深色</translation>
    </message>
    <message>
        <source>datasheet</source>
        <translation>数据手册</translation>
    </message>
    <message>
        <source>device</source>
        <translation>设备</translation>
    </message>
    <message>
        <source>digital</source>
        <translation>数字</translation>
    </message>
    <message>
        <source>draft of the experiment</source>
        <translation>实验草稿</translation>
    </message>
    <message>
        <source>drive</source>
        <translation>激励</translation>
    </message>
    <message>
        <source>drive blur</source>
        <translation>驱动展宽</translation>
    </message>
    <message>
        <source>drive cube</source>
        <translation>驱动三次项</translation>
    </message>
    <message>
        <source>drive gain</source>
        <translation>驱动增益</translation>
    </message>
    <message>
        <source>drive offset</source>
        <translation>驱动零点偏移</translation>
    </message>
    <message>
        <source>drive square</source>
        <translation>驱动二次项</translation>
    </message>
    <message>
        <source>earlier {estimator}{nth}</source>
        <translation>此前的 {estimator}{nth}</translation>
    </message>
    <message>
        <source>efficiency not known</source>
        <translation>效率未知</translation>
    </message>
    <message>
        <source>efficiency {share}</source>
        <translation>效率 {share}</translation>
    </message>
    <message>
        <source>empty</source>
        <translation>空</translation>
    </message>
    <message>
        <source>energy</source>
        <translation>能量</translation>
    </message>
    <message>
        <source>ensemble</source>
        <translation>集成</translation>
    </message>
    <message>
        <source>epoch {epoch}{of}</source>
        <translation>第 {epoch}{of} 轮</translation>
    </message>
    <message>
        <source>error</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>evaluating</source>
        <translation>测试</translation>
    </message>
    <message>
        <source>everything else</source>
        <translation>其他</translation>
    </message>
    <message>
        <source>failed</source>
        <translation>失败</translation>
    </message>
    <message>
        <source>features</source>
        <translation>特征</translation>
    </message>
    <message>
        <source>finished</source>
        <translation>已完成</translation>
    </message>
    <message>
        <source>fitted to so many</source>
        <translation>以相应次数拟合</translation>
    </message>
    <message>
        <source>force gain</source>
        <translation>力增益</translation>
    </message>
    <message>
        <source>frequency</source>
        <translation>频率</translation>
    </message>
    <message>
        <source>full</source>
        <translation>全部</translation>
    </message>
    <message>
        <source>full scale</source>
        <translation>满量程</translation>
    </message>
    <message>
        <source>gain</source>
        <translation>增益</translation>
    </message>
    <message>
        <source>good</source>
        <translation>好</translation>
    </message>
    <message>
        <source>hardening</source>
        <translation>硬化</translation>
    </message>
    <message>
        <source>held-out</source>
        <translation>留出</translation>
    </message>
    <message>
        <source>hold</source>
        <translation>逐个保持</translation>
    </message>
    <message>
        <source>hybrid</source>
        <translation>混合</translation>
    </message>
    <message>
        <source>ideal</source>
        <translation>理想</translation>
    </message>
    <message>
        <source>in silico</source>
        <translation>纯仿真</translation>
    </message>
    <message>
        <source>in windows</source>
        <translation>取自窗口</translation>
    </message>
    <message>
        <source>in_silico</source>
        <translation>纯仿真</translation>
    </message>
    <message>
        <source>inductance</source>
        <translation>电感</translation>
    </message>
    <message>
        <source>info</source>
        <translation>信息</translation>
    </message>
    <message>
        <source>interrupted</source>
        <translation>已中断</translation>
    </message>
    <message>
        <source>it is {name}</source>
        <translation>应为 {name}</translation>
    </message>
    <message>
        <source>it tells nothing</source>
        <translation>未给出信息</translation>
    </message>
    <message>
        <source>kernel</source>
        <translation>核</translation>
    </message>
    <message>
        <source>keys</source>
        <translation>按键</translation>
    </message>
    <message>
        <source>keysight</source>
        <translation>是德 keysight</translation>
    </message>
    <message>
        <source>largest release</source>
        <translation>最大释放幅度</translation>
    </message>
    <message>
        <source>last values</source>
        <translation>末端数值</translation>
    </message>
    <message>
        <source>latin-hypercube</source>
        <translation>拉丁超立方</translation>
    </message>
    <message>
        <source>layer {number}</source>
        <translation>第 {number} 层</translation>
    </message>
    <message>
        <source>layer {number}: {cosine:.3f} (95 % interval {low:.3f} to {high:.3f})</source>
        <translation>第 {number} 层：{cosine:.3f}（95 % 区间 {low:.3f} 至 {high:.3f}）</translation>
    </message>
    <message>
        <source>layers</source>
        <translation>层</translation>
    </message>
    <message>
        <source>layout of the live page</source>
        <translation>实时页布局</translation>
    </message>
    <message>
        <source>learning rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>light</source>
        <translation>浅色</translation>
    </message>
    <message>
        <source>linear</source>
        <translation>线性</translation>
    </message>
    <message>
        <source>loading</source>
        <translation>载入</translation>
    </message>
    <message>
        <source>loss</source>
        <translation>损失</translation>
    </message>
    <message>
        <source>loss, per epoch</source>
        <translation>损失（每轮）</translation>
    </message>
    <message>
        <source>low-pass</source>
        <translation>低通随机</translation>
    </message>
    <message>
        <source>lowest layer</source>
        <translation>最低的一层</translation>
    </message>
    <message>
        <source>mean</source>
        <translation>均值</translation>
    </message>
    <message>
        <source>measured</source>
        <translation>实测</translation>
    </message>
    <message>
        <source>measured change</source>
        <translation>实测变化</translation>
    </message>
    <message>
        <source>mismatch</source>
        <translation>相位失配</translation>
    </message>
    <message>
        <source>mixed</source>
        <translation>由弱到强</translation>
    </message>
    <message>
        <source>multilayer perceptron</source>
        <translation>多层感知机</translation>
    </message>
    <message>
        <source>natural frequency</source>
        <translation>固有频率</translation>
    </message>
    <message>
        <source>neural</source>
        <translation>神经网络</translation>
    </message>
    <message>
        <source>no driver is known for it</source>
        <translation>没有适用的驱动</translation>
    </message>
    <message>
        <source>noise alone</source>
        <translation>仅噪声</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>nonlinearity</source>
        <translation>非线性</translation>
    </message>
    <message>
        <source>normalise</source>
        <translation>归一化</translation>
    </message>
    <message>
        <source>not checked</source>
        <translation>未检查</translation>
    </message>
    <message>
        <source>not finished, {count} epochs</source>
        <translation>未完成，{count} 轮</translation>
    </message>
    <message>
        <source>not identifiable</source>
        <translation>无法辨识</translation>
    </message>
    <message>
        <source>nothing</source>
        <translation>无</translation>
    </message>
    <message>
        <source>number of values above the arrows</source>
        <translation>箭头上方为数值个数</translation>
    </message>
    <message>
        <source>off</source>
        <translation>关</translation>
    </message>
    <message>
        <source>offset</source>
        <translation>偏置</translation>
    </message>
    <message>
        <source>on</source>
        <translation>开</translation>
    </message>
    <message>
        <source>orbit</source>
        <translation>轨迹</translation>
    </message>
    <message>
        <source>oscilloscope</source>
        <translation>示波器</translation>
    </message>
    <message>
        <source>pad with</source>
        <translation>以静止</translation>
    </message>
    <message>
        <source>parallel</source>
        <translation>并联电阻</translation>
    </message>
    <message>
        <source>pat</source>
        <translation>PAT</translation>
    </message>
    <message>
        <source>pause</source>
        <translation>暂停</translation>
    </message>
    <message>
        <source>paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>peak</source>
        <translation>峰值</translation>
    </message>
    <message>
        <source>pendula</source>
        <translation>摆</translation>
    </message>
    <message>
        <source>pendulum</source>
        <translation>摆</translation>
    </message>
    <message>
        <source>physical</source>
        <translation>物理</translation>
    </message>
    <message>
        <source>physics</source>
        <translation>物理方程</translation>
    </message>
    <message>
        <source>poor</source>
        <translation>差</translation>
    </message>
    <message>
        <source>power law</source>
        <translation>幂律</translation>
    </message>
    <message>
        <source>quality</source>
        <translation>品质因数</translation>
    </message>
    <message>
        <source>rate</source>
        <translation>学习率</translation>
    </message>
    <message>
        <source>readout gain</source>
        <translation>读出增益</translation>
    </message>
    <message>
        <source>ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>reference</source>
        <translation>参考值</translation>
    </message>
    <message>
        <source>refit</source>
        <translation>重新拟合</translation>
    </message>
    <message>
        <source>release gain</source>
        <translation>释放增益</translation>
    </message>
    <message>
        <source>repeat</source>
        <translation>重复</translation>
    </message>
    <message>
        <source>reset of all</source>
        <translation>全部重置</translation>
    </message>
    <message>
        <source>reset of {field}</source>
        <translation>重置“{field}”</translation>
    </message>
    <message>
        <source>resistance</source>
        <translation>电阻</translation>
    </message>
    <message>
        <source>response</source>
        <translation>响应</translation>
    </message>
    <message>
        <source>response blur</source>
        <translation>响应展宽</translation>
    </message>
    <message>
        <source>response cube</source>
        <translation>响应三次项</translation>
    </message>
    <message>
        <source>response delay</source>
        <translation>响应延时</translation>
    </message>
    <message>
        <source>response square</source>
        <translation>响应二次项</translation>
    </message>
    <message>
        <source>rest</source>
        <translation>填充</translation>
    </message>
    <message>
        <source>rest of the forward pass</source>
        <translation>前向的其余部分</translation>
    </message>
    <message>
        <source>right</source>
        <translation>正确</translation>
    </message>
    <message>
        <source>rigol</source>
        <translation>普源 rigol</translation>
    </message>
    <message>
        <source>rms</source>
        <translation>均方根</translation>
    </message>
    <message>
        <source>rms noise</source>
        <translation>噪声均方根</translation>
    </message>
    <message>
        <source>rms response</source>
        <translation>响应均方根</translation>
    </message>
    <message>
        <source>rows: what it is, columns: what it was taken for</source>
        <translation>行：真实类别，列：判定类别</translation>
    </message>
    <message>
        <source>running</source>
        <translation>进行中</translation>
    </message>
    <message>
        <source>saved</source>
        <translation>已保存</translation>
    </message>
    <message>
        <source>scale</source>
        <translation>缩小步长</translation>
    </message>
    <message>
        <source>scores</source>
        <translation>得分</translation>
    </message>
    <message>
        <source>shot</source>
        <translation>测量</translation>
    </message>
    <message>
        <source>shot with</source>
        <translation>测量，</translation>
    </message>
    <message>
        <source>shots</source>
        <translation>测量次数</translation>
    </message>
    <message>
        <source>siglent</source>
        <translation>鼎阳 siglent</translation>
    </message>
    <message>
        <source>skipped</source>
        <translation>跳过</translation>
    </message>
    <message>
        <source>softmax regression</source>
        <translation>softmax 回归</translation>
    </message>
    <message>
        <source>sound card</source>
        <translation>声卡</translation>
    </message>
    <message>
        <source>spectrometer</source>
        <translation>光谱仪</translation>
    </message>
    <message>
        <source>spsa</source>
        <translation>SPSA 扰动</translation>
    </message>
    <message>
        <source>standardise</source>
        <translation>标准化</translation>
    </message>
    <message>
        <source>step {step}/{steps}</source>
        <translation>第 {step}/{steps} 步</translation>
    </message>
    <message>
        <source>stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>stopping</source>
        <translation>停止中</translation>
    </message>
    <message>
        <source>sum</source>
        <translation>总和</translation>
    </message>
    <message>
        <source>taken for {name}: {verdict}</source>
        <translation>判为 {name}：{verdict}</translation>
    </message>
    <message>
        <source>talker</source>
        <translation>按说话人</translation>
    </message>
    <message>
        <source>task</source>
        <translation>与任务相同</translation>
    </message>
    <message>
        <source>test</source>
        <translation>测试</translation>
    </message>
    <message>
        <source>test set</source>
        <translation>测试集</translation>
    </message>
    <message>
        <source>test, on the device</source>
        <translation>测试，设备上</translation>
    </message>
    <message>
        <source>the interval holds 0, so that these runs do not show which of the two is better</source>
        <translation>区间包含 0，因此这些运行不能说明哪个更好</translation>
    </message>
    <message>
        <source>the interval leaves 0 out, so that chance between seeds and units is an unlikely reason</source>
        <translation>区间不含 0，因此不太可能只是种子和样机的偶然性所致</translation>
    </message>
    <message>
        <source>the window takes {frame_ms:.1f} ms for a frame</source>
        <translation>窗口每帧耗时 {frame_ms:.1f} ms</translation>
    </message>
    <message>
        <source>this may well be chance</source>
        <translation>很可能只是偶然</translation>
    </message>
    <message>
        <source>threshold</source>
        <translation>阈值电压</translation>
    </message>
    <message>
        <source>tile</source>
        <translation>整体重复</translation>
    </message>
    <message>
        <source>time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>time of a step</source>
        <translation>每步时间</translation>
    </message>
    <message>
        <source>to come</source>
        <translation>未开始</translation>
    </message>
    <message>
        <source>token</source>
        <translation>按语音</translation>
    </message>
    <message>
        <source>trained</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>training</source>
        <translation>训练</translation>
    </message>
    <message>
        <source>training, per epoch</source>
        <translation>训练（每轮）</translation>
    </message>
    <message>
        <source>transconductance</source>
        <translation>跨导系数</translation>
    </message>
    <message>
        <source>twin</source>
        <translation>孪生</translation>
    </message>
    <message>
        <source>twin, held-out shots</source>
        <translation>孪生，留出测量</translation>
    </message>
    <message>
        <source>twin, seen shots</source>
        <translation>孪生，已见测量</translation>
    </message>
    <message>
        <source>uncertainty</source>
        <translation>孪生分歧处</translation>
    </message>
    <message>
        <source>under way</source>
        <translation>进行中</translation>
    </message>
    <message>
        <source>uniform</source>
        <translation>均匀随机</translation>
    </message>
    <message>
        <source>unreadable</source>
        <translation>无法读取</translation>
    </message>
    <message>
        <source>usable</source>
        <translation>可用</translation>
    </message>
    <message>
        <source>use of {instrument}</source>
        <translation>采用 {instrument}</translation>
    </message>
    <message>
        <source>use of {twin}</source>
        <translation>采用 {twin}</translation>
    </message>
    <message>
        <source>validation</source>
        <translation>验证</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>等待</translation>
    </message>
    <message>
        <source>walk off</source>
        <translation>走离</translation>
    </message>
    <message>
        <source>warn</source>
        <translation>警告</translation>
    </message>
    <message>
        <source>warning</source>
        <translation>警告</translation>
    </message>
    <message>
        <source>waveform generator</source>
        <translation>波形发生器</translation>
    </message>
    <message>
        <source>wavelength</source>
        <translation>波长</translation>
    </message>
    <message>
        <source>weight</source>
        <translation>权重</translation>
    </message>
    <message>
        <source>what they do</source>
        <translation>作用</translation>
    </message>
    <message>
        <source>width</source>
        <translation>谱宽</translation>
    </message>
    <message>
        <source>window</source>
        <translation>最近</translation>
    </message>
    <message>
        <source>window's place</source>
        <translation>窗口位置</translation>
    </message>
    <message>
        <source>{address}: {identity} · {role}</source>
        <translation>{address}：{identity} · {role}</translation>
    </message>
    <message>
        <source>{count} calls of the device are read from the journal.</source>
        <translation>从测量记录中读取了 {count} 次设备调用。</translation>
    </message>
    <message>
        <source>{count} changed</source>
        <translation>{count} 项已改</translation>
    </message>
    <message>
        <source>{count} more</source>
        <translation>另有 {count}</translation>
    </message>
    <message>
        <source>{count} of {all} channels do not answer ({names}); check the sensor, or leave them out.</source>
        <translation>{all} 个通道中有 {count} 个无响应（{names}）；请检查传感器，或不使用它们。</translation>
    </message>
    <message>
        <source>{count} pairs of values are compared; the p values are not corrected for that.</source>
        <translation>比较了 {count} 对取值；p 值未对此作修正。</translation>
    </message>
    <message>
        <source>{count} runs</source>
        <translation>{count} 次运行</translation>
    </message>
    <message>
        <source>{count} shots</source>
        <translation>{count} 次测量</translation>
    </message>
    <message>
        <source>{count} shots are too few to fit and to judge a twin; measure at least {least}.</source>
        <translation>{count} 次测量太少，不足以拟合和评判孪生；请至少测量 {least} 次。</translation>
    </message>
    <message>
        <source>{count} wrong</source>
        <translation>{count} 项有误</translation>
    </message>
    <message>
        <source>{dead} of {count} outputs never change (the first is output {first}): dead channels show nothing.</source>
        <translation>{count} 个输出中有 {dead} 个从不变化（第一个是输出 {first}）：失效通道没有信息。</translation>
    </message>
    <message>
        <source>{device_passes:,}, {shots_per_inference} for each inference</source>
        <translation>{device_passes:,} 次，每次推理 {shots_per_inference} 次</translation>
    </message>
    <message>
        <source>{digital_parameters:,} parameters, {digital_macs:,} operations an inference</source>
        <translation>{digital_parameters:,} 个参数，每次推理 {digital_macs:,} 次运算</translation>
    </message>
    <message>
        <source>{doing}: wait until that is done.</source>
        <translation>{doing}：请等待完成。</translation>
    </message>
    <message>
        <source>{done:,} of {total:,}</source>
        <translation>{done:,} / {total:,}</translation>
    </message>
    <message>
        <source>{done} of {count}</source>
        <translation>{count} 轮中的 {done} 轮</translation>
    </message>
    <message>
        <source>{do} {what} ({keys})</source>
        <translation>{do}：{what}（{keys}）</translation>
    </message>
    <message>
        <source>{field}: {problem}</source>
        <translation>{field}：{problem}</translation>
    </message>
    <message>
        <source>{file} cannot be used ({reason}).</source>
        <translation>{file} 无法使用（{reason}）。</translation>
    </message>
    <message>
        <source>{first} is on average {relation} over {count} pairs, 95 % interval {low:+.1f} to {high:+.1f}: {verdict}.</source>
        <translation>在 {count} 对中，{first} 平均{relation}，95 % 区间 {low:+.1f} 至 {high:+.1f}：{verdict}。</translation>
    </message>
    <message>
        <source>{first} is {relation} in the one pair there is; that says nothing about other seeds or units.</source>
        <translation>在仅有的一对中，{first} {relation}；这并不说明其他种子或样机的情况。</translation>
    </message>
    <message>
        <source>{group}: {command}</source>
        <translation>{group}：{command}</translation>
    </message>
    <message>
        <source>{help} 0 to {largest:,}.</source>
        <translation>{help}0 至 {largest:,}。</translation>
    </message>
    <message>
        <source>{help} {low:,} to {high:,}.</source>
        <translation>{help}{low:,} 至 {high:,}。</translation>
    </message>
    <message>
        <source>{hours:.2g} h</source>
        <translation>{hours:.2g} h</translation>
    </message>
    <message>
        <source>{label}: {value}</source>
        <translation>{label}：{value}</translation>
    </message>
    <message>
        <source>{library} did not answer: it hung or crashed.</source>
        <translation>{library} 没有应答：已挂起或崩溃。</translation>
    </message>
    <message>
        <source>{library} failed. {reason}</source>
        <translation>{library} 失败。{reason}</translation>
    </message>
    <message>
        <source>{library} is not installed: {install}</source>
        <translation>{library} 未安装：{install}</translation>
    </message>
    <message>
        <source>{low:+.1f} to {high:+.1f}</source>
        <translation>{low:+.1f} 至 {high:+.1f}</translation>
    </message>
    <message>
        <source>{low:,.10g}{unit} or more</source>
        <translation>不小于 {low:,.10g}{unit}</translation>
    </message>
    <message>
        <source>{low:.1f} to {high:.1f} %</source>
        <translation>{low:.1f} 至 {high:.1f} %</translation>
    </message>
    <message>
        <source>{low:.1f} to {high:.1f} %</source>
        <translation>{low:.1f} 至 {high:.1f} %</translation>
    </message>
    <message>
        <source>{low:.3f} to {high:.3f}</source>
        <translation>{low:.3f} 至 {high:.3f}</translation>
    </message>
    <message>
        <source>{low} to {high}{unit}</source>
        <translation>{low} 至 {high}{unit}</translation>
    </message>
    <message>
        <source>{mean:+.1f} points</source>
        <translation>{mean:+.1f} 个百分点</translation>
    </message>
    <message>
        <source>{model} · output up to ±{output_v:g} V, limit ±{limit_v:g} V · input ±{range_v:g} V · {wall_ms:.0f} ms</source>
        <translation>{model} · 输出最大 ±{output_v:g} V，限值 ±{limit_v:g} V · 输入 ±{range_v:g} V · {wall_ms:.0f} ms</translation>
    </message>
    <message>
        <source>{name!r} is a bundled preset: choose another name.</source>
        <translation>{name!r} 是内置预设：请换一个名称。</translation>
    </message>
    <message>
        <source>{name} ({low} to {high})</source>
        <translation>{name}（{low} 至 {high}）</translation>
    </message>
    <message>
        <source>{name} reaches {accuracy} with {parameters:,} trained values</source>
        <translation>{name}以 {parameters:,} 个训练值达到 {accuracy}</translation>
    </message>
    <message>
        <source>{name} {number}</source>
        <translation>{name} {number}</translation>
    </message>
    <message>
        <source>{name} {value:.1f} %</source>
        <translation>{name} {value:.1f} %</translation>
    </message>
    <message>
        <source>{name}, loss</source>
        <translation>{name}，损失</translation>
    </message>
    <message>
        <source>{name}, {state} {reached}</source>
        <translation>{name}，{state} {reached}</translation>
    </message>
    <message>
        <source>{name}: {line}</source>
        <translation>{name}：{line}</translation>
    </message>
    <message>
        <source>{name}: {mean} on average over {count} runs (95 % interval, Student's t).</source>
        <translation>{name}：{count} 次运行平均 {mean}（95 % 区间，学生 t 分布）。</translation>
    </message>
    <message>
        <source>{page} (Ctrl+{number})</source>
        <translation>{page}（Ctrl+{number}）</translation>
    </message>
    <message>
        <source>{page} {number}</source>
        <translation>{page} {number}</translation>
    </message>
    <message>
        <source>{page}, {number} unread</source>
        <translation>{page}，{number} 条未读</translation>
    </message>
    <message>
        <source>{page}.md</source>
        <translation>{page}.zh_CN.md</translation>
    </message>
    <message>
        <source>{physical_parameters:,} parameters that the system itself holds</source>
        <translation>{physical_parameters:,} 个参数，由系统自身承载</translation>
    </message>
    <message>
        <source>{points:.1f} points above {second}</source>
        <translation>比 {second} 高 {points:.1f} 个百分点</translation>
    </message>
    <message>
        <source>{points:.1f} points below {second}</source>
        <translation>比 {second} 低 {points:.1f} 个百分点</translation>
    </message>
    <message>
        <source>{preset}: what will change</source>
        <translation>{preset}：将会改变的内容</translation>
    </message>
    <message>
        <source>{quantity} / {unit}</source>
        <translation>{quantity} / {unit}</translation>
    </message>
    <message>
        <source>{rate:,.0f} shots/s · {shots:,} shots · loss {loss:.3f}</source>
        <translation>{rate:,.0f} 次/秒 · 共 {shots:,} 次测量 · 损失 {loss:.3f}</translation>
    </message>
    <message>
        <source>{rate:,.0f} shots/s · {step_ms:.2f} ms a step</source>
        <translation>{rate:,.0f} 次/秒 · 每步 {step_ms:.2f} ms</translation>
    </message>
    <message>
        <source>{reached} ({interval})</source>
        <translation>{reached}（{interval}）</translation>
    </message>
    <message>
        <source>{reason} The outputs are in their safe state. The run goes on with the same shots when it answers.</source>
        <translation>{reason} 输出处于安全状态。恢复应答后，运行以同样的测量继续。</translation>
    </message>
    <message>
        <source>{reason} The run waits for room, and goes on by itself.</source>
        <translation>{reason} 运行正在等待磁盘空间，有空间后自动继续。</translation>
    </message>
    <message>
        <source>{right:,} of {total:,} right</source>
        <translation>{total:,} 个中 {right:,} 个正确</translation>
    </message>
    <message>
        <source>{run} is being written to.</source>
        <translation>{run} 正在写入。</translation>
    </message>
    <message>
        <source>{run} of {time} ended {epochs}. It can go on where it was, with the very result of a run that was not interrupted.</source>
        <translation>{run}（{time}）{epochs}中断。它可以从中断处继续，结果与未中断的运行完全相同。</translation>
    </message>
    <message>
        <source>{run} was not started: the one before is still in progress. Stop it first.</source>
        <translation>{run} 未启动：前一个仍在进行。请先停止。</translation>
    </message>
    <message>
        <source>{seconds:.3g} s</source>
        <translation>{seconds:.3g} s</translation>
    </message>
    <message>
        <source>{share:.0%} of the shots start at another sample than the twin expects: the latency changes.</source>
        <translation>{share:.0%} 的测量起点与孪生预期的采样不同：延迟在变化。</translation>
    </message>
    <message>
        <source>{share:.1%} of the responses are exactly {rail:.4g}: the read-out clips. Lower its gain or the drive.</source>
        <translation>{share:.1%} 的响应恰为 {rail:.4g}：读出削波。请降低其增益或驱动。</translation>
    </message>
    <message>
        <source>{share:.2%} of the loudest shots' values saturate (channels {names}); lower the gain or the drive.</source>
        <translation>最强驱动测量中有 {share:.2%} 的值饱和（通道 {names}）；请降低增益或驱动。</translation>
    </message>
    <message>
        <source>{shots} for an inference</source>
        <translation>每次推理 {shots} 次</translation>
    </message>
    <message>
        <source>{shots} shots, {share:.0%} of them held out.</source>
        <translation>{shots} 次测量，其中 {share:.0%} 留出。</translation>
    </message>
    <message>
        <source>{step} of {steps}</source>
        <translation>第 {step} 步，共 {steps} 步</translation>
    </message>
    <message>
        <source>{system} answers again after {elapsed_s:.0f} s; no shot was lost or counted twice.</source>
        <translation>{system} 在 {elapsed_s:.0f} s 后恢复应答；没有测量丢失或重复计数。</translation>
    </message>
    <message>
        <source>{system} answers.</source>
        <translation>{system} 有响应。</translation>
    </message>
    <message>
        <source>{system} · {estimator} · seed {seed}</source>
        <translation>{system} · {estimator} · 种子 {seed}</translation>
    </message>
    <message>
        <source>{system}{unit}</source>
        <translation>{system}{unit}</translation>
    </message>
    <message>
        <source>{time} of measuring</source>
        <translation>测量时间 {time}</translation>
    </message>
    <message>
        <source>{title} · {count} changed</source>
        <translation>{title} · {count} 项已改</translation>
    </message>
    <message>
        <source>{train:,} to train, {validation:,} to validate, {test:,} to test</source>
        <translation>训练 {train:,}，验证 {validation:,}，测试 {test:,}</translation>
    </message>
    <message>
        <source>{twin} twin of {shots:,} shots</source>
        <translation>{twin}孪生，{shots:,} 次测量</translation>
    </message>
    <message>
        <source>{verdict} · alignment {cosine:.3f} [{low:.3f}, {high:.3f}]</source>
        <translation>{verdict} · 一致性 {cosine:.3f} [{low:.3f}, {high:.3f}]</translation>
    </message>
    <message>
        <source>× gain</source>
        <translation>× 增益</translation>
    </message>
    <message>
        <source>Σ branches</source>
        <translation>Σ 支路</translation>
    </message>
    <message>
        <source>• {it}</source>
        <translation>• {it}</translation>
    </message>
    <message>
        <source>∂ response / ∂ control</source>
        <translation>∂ 响应 / ∂ 控制量</translation>
    </message>
    <message>
        <source>∂ response / ∂ first control</source>
        <translation>∂ 响应 / ∂ 首个控制量</translation>
    </message>
    <message>
        <source>简体中文</source>
        <translation>简体中文</translation>
    </message>
</context>
</TS>
